-- escape: mem_newindex_table
-- expect: error memory
local real = {} local p = setmetatable({}, { __newindex = real }) for i = 1, 1e6 do p[i] = i end

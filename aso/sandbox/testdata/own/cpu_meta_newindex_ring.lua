-- escape: cpu_meta_newindex_ring
-- expect: error any
local a, b = {}, {} setmetatable(a, { __newindex = b }) setmetatable(b, { __newindex = a }) for i = 1, 1e6 do pcall(function() a.x = 1 end) end

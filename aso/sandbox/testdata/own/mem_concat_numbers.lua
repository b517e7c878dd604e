-- escape: mem_concat_numbers
-- expect: error memory
local t = {} for i = 1, 1e6 do t[i] = i .. i .. i .. i .. i .. i .. i end

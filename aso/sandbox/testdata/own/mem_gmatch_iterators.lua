-- escape: mem_gmatch_iterators
-- expect: error any
local t = {} while true do t[#t + 1] = ('abc'):gmatch('.') end

-- escape: mem_ids
-- expect: error any
local t = {} for i = 1, 1e6 do t[i] = {} tostring(t[i]) end

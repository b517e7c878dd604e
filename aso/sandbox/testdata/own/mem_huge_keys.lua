-- escape: mem_huge_keys
-- expect: error any
local t = {} for i = 1, 1e5 do t[("k"):rep(50000) .. i] = i end

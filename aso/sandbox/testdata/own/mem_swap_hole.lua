-- escape: mem_swap_hole
-- expect: any
local t = {} for i = 1, 2000 do t[i * 500], t[i] = i, nil end return 1

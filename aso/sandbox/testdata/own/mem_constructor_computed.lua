-- escape: mem_constructor_computed
-- expect: any
local k = 9e5 return { [k] = 1, [k * 2] = 2, [-k] = 3, [0/1] = 4, [1.5] = 5 }

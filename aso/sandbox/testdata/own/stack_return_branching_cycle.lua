-- escape: stack_return_branching_cycle
-- expect: any
local t = {} t[1] = t t[2] = t t[3] = t return t

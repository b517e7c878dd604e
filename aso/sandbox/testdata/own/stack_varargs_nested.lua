-- escape: stack_varargs_nested
-- expect: any
local t = {} for i = 1, 250 do t[i] = i end local function f(...) local a = { f(...) } return ... end return f(unpack(t))

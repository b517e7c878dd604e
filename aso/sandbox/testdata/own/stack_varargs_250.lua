-- escape: stack_varargs_250
-- expect: any
local t = {} for i = 1, 250 do t[i] = i end local function f(...) return f(1, ...) end return f(unpack(t))

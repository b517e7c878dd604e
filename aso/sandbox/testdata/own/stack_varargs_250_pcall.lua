-- escape: stack_varargs_250_pcall
-- expect: any
local t = {} for i = 1, 250 do t[i] = i end local function f(...) return pcall(f, ...) end return f(unpack(t))

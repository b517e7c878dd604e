-- escape: cpu_tailcall_varargs
-- expect: any
local function f(n, ...) if n > 1e7 then return ... end return f(n + 1, ...) end return f(0, 1, 2, 3)

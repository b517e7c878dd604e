-- escape: stack_xpcall_recursion
-- expect: any
local function f() return xpcall(f, function(e) return f() end) end return f()

-- escape: stack_gsub_recursion
-- expect: error any
local function f() return (string.gsub('a', 'a', f)) end return f()

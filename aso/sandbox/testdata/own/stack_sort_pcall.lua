-- escape: stack_sort_pcall
-- expect: any
local function f() pcall(table.sort, { 2, 1, 3 }, function(a, b) f() return a < b end) end return f()

-- escape: cpu_pcall_loops_nested
-- expect: error any
local function f(n) while true do pcall(f, n + 1) end end f(1)

-- escape: crash_tailcall_registry_pcall
-- expect: any
local function f(...) return f(1, 2, 3, 4, 5, 6, 7, 8, ...) end for i = 1, 20 do pcall(f) end

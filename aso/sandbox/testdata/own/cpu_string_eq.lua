-- escape: cpu_string_eq
-- expect: error any
local a = string.rep("x", 60000) .. "y"
local b = string.rep("x", 60000) .. "y"
local n = 0
while true do if a == b then n = n + 1 end if b ~= a then n = n - 1 end end

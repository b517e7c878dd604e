-- escape: cpu_pattern_balanced_nest
-- expect: error any
local s = ("("):rep(5000) .. (")"):rep(5000) for i = 1, 1e6 do s:find("%b()%b()") end

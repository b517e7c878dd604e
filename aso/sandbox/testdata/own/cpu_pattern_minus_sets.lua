-- escape: cpu_pattern_minus_sets
-- expect: error any
local s = ("a"):rep(20000) for i = 1, 1e6 do s:find(("[a-z]-"):rep(20) .. "b") end

-- escape: cpu_gmatch_captures
-- expect: error any
local s = ("ab"):rep(20000) for i = 1, 1e6 do for a, b in s:gmatch("(a-)(b-)") do end end

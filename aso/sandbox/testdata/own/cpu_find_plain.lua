-- escape: cpu_find_plain
-- expect: error any
local s = ("a"):rep(60000) local p = ("a"):rep(30000) .. "b" for i = 1, 1e6 do s:find(p, 1, true) end

-- escape: cpu_tonumber_bases
-- expect: error any
local s = ("z"):rep(60000) for i = 1, 1e6 do tonumber(s, 36) end

-- escape: cpu_tonumber_long
-- expect: error any
local s = string.rep('1', 60000) while true do local n = tonumber(s) n = tonumber(s, 2) end

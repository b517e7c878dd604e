-- escape: cpu_next_changing
-- expect: error any
local t = { 1 } for k in pairs(t) do t[#t + 1] = k t[k] = nil end while true do for k in pairs(t) do t[k] = k end end

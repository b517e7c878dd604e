-- escape: cpu_maxn
-- expect: error any
local t = {} for i = 1, 500 do t[i + 0.5] = 1 end while true do table.maxn(t) end

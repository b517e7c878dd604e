-- escape: cpu_math_max
-- expect: error budget
local t = {} for i = 1, 250 do t[i] = i end while true do math.max(unpack(t)) bit.bor(unpack(t)) end

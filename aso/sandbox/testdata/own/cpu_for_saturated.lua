-- escape: cpu_for_saturated
-- expect: error any
for i = 2 ^ 53, 2 ^ 53 + 2 do end

-- escape: cpu_for_infinite
-- expect: error any
for i = 1, math.huge do end

-- escape: cpu_for_minus_infinite
-- expect: error any
for i = -math.huge, 0 do end

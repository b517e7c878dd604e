-- escape: cpu_for_small_step
-- expect: error any
for i = 0, 1, 1e-12 do end

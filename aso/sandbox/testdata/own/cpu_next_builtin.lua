-- escape: cpu_next_builtin
-- expect: error budget
while true do next(math) rawequal(1, 1) rawget(math, 1) end

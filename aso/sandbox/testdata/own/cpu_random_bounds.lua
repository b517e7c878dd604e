-- escape: cpu_random_bounds
-- expect: any
for _, v in ipairs { 0, -1, 2^53, 2^63, 0/0, math.huge, 1.5 } do pcall(math.random, v) pcall(math.random, 1, v) pcall(math.random, v, 1) pcall(math.randomseed, v) end

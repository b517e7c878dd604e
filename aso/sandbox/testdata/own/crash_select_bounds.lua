-- escape: crash_select_bounds
-- expect: any
for _, n in ipairs { 0, -1, -2, -1e9, 1e9, 0/0, math.huge, 2^53, 1.5 } do pcall(select, n) pcall(select, n, 1) pcall(select, n, 1, 2, 3) end

-- escape: cpu_sort_builtin_comparator
-- expect: error any
local t = {}
for i = 1, 800 do t[i] = {} end
while true do table.sort(t, rawequal) end

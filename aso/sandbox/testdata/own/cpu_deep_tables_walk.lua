-- escape: cpu_deep_tables_walk
-- expect: any
local t = {} for i = 1, 1500 do t = { t } end local n = 0 while t do t = t[1] n = n + 1 end return n

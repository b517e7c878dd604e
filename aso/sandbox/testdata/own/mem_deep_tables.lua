-- escape: mem_deep_tables
-- expect: error any
local t = {} local n = 0 while true do t = { t } n = n + 1 end

-- escape: cpu_table_concat_meta
-- expect: any
local t = setmetatable({}, { __index = function(t, i) return "x" end, __len = function() return 1e9 end }) return table.concat(t, "", 1, 1e9)

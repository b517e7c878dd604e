-- escape: mem_error_object_big
-- expect: error any
local t = {} for i = 1, 2000 do t[i] = 'xxxxxxxxx' .. i end error(table.concat(t))

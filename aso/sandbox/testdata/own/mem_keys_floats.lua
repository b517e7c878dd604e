-- escape: mem_keys_floats
-- expect: error memory
local t = {} local x = 0.5 while true do x = x + 1 t[x] = true end

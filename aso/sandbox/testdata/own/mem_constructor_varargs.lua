-- escape: mem_constructor_varargs
-- expect: error memory
local t = {} for i = 1, 200 do t[i] = i end local r = {} while true do r[#r + 1] = { unpack(t) } end

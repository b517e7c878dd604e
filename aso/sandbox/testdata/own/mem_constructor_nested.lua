-- escape: mem_constructor_nested
-- expect: error memory
local r = {} while true do r[#r + 1] = { { { { {} } } }, { a = { b = { c = {} } } } } end

-- escape: cpu_select_varargs
-- expect: error budget
local t = {}
for i = 1, 250 do t[i] = i end
local function f(...) while true do local a = select(200, ...) local b = select("#", ...) local c = select(-1, ...) end end
f(unpack(t))

-- escape: parse_assign_order
-- expect: any
local t, i = {}, 1
i, t[i] = i + 1, 20
if i ~= 2 or t[1] ~= 20 or t[2] then error("WRONG order") end
local a, b, c = (function() return 1, 2, 3 end)()
a, b, c = c, a
if a ~= 3 or b ~= 1 or c ~= nil then error("WRONG swap") end
local x, y = 1 x, y = (function() return 7, 8 end)() if x ~= 7 or y ~= 8 then error("WRONG multi") end
x = 1, 2 if x ~= 1 then error("WRONG extra") end

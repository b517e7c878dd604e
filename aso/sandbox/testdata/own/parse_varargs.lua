-- escape: parse_varargs
-- expect: any
local function f(...) local a, b = ... local t = { ..., "end" } local u = { "begin", ... } return #t, #u, select("#", ...), (...) end
local p, q, r, s2 = f(1, 2, 3)
if p ~= 2 or q ~= 4 or r ~= 3 or s2 ~= 1 then error("WRONG varargs " .. p .. q .. r) end
local t = { f(1, 2), f(1, 2) } if #t ~= 5 then error("WRONG open constructor " .. #t) end
local c = ("a" .. f(1) .. "b") if c ~= "a2b" then error("WRONG concat cut " .. c) end

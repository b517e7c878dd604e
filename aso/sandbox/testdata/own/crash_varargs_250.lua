-- escape: crash_varargs_250
-- expect: ok
local t = {} for i = 1, 250 do t[i] = i end local function f(...) return select("#", ...), (select(250, ...)) end local n, last = f(unpack(t)) if n ~= 250 or last ~= 250 then error("WRONG") end local function g(...) return { ... } end if #g(unpack(t)) ~= 250 then error("WRONG 2") end

-- escape: mem_format_digits
-- expect: error any
local f = ("%99.99f"):rep(30) local t = {} for i = 1, 30 do t[i] = 1e308 end for i = 1, 1e5 do string.format(f, unpack(t)) end

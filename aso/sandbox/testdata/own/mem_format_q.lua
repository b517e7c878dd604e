-- escape: mem_format_q
-- expect: error any
local s = ("\0"):rep(50000) local t = {} for i = 1, 1e4 do t[i] = string.format("%q", s) end

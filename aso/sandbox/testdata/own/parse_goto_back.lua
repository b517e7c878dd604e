-- escape: parse_goto_back
-- expect: error any
local n = 0 ::top:: n = n + 1 if n < 1e9 then goto top end

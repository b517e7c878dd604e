-- escape: mem_log_big
-- expect: error any
local s = ("x"):rep(100000) for i = 1, 1e6 do log(s .. i) end

-- escape: cpu_publish_big
-- expect: error any
local s = ("x"):rep(1000) for i = 1, 1e6 do self:publish("c", s) end

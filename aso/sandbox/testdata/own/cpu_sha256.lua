-- escape: cpu_sha256
-- expect: error any
local s = string.rep('x', 60000) while true do hash.sha256(s) end

-- escape: cpu_sha_repeat
-- expect: error any
local s = ("x"):rep(60000) for i = 1, 1e6 do s = hash.sha256(s) .. ("x"):rep(60000) end

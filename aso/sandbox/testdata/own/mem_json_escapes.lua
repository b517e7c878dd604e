-- escape: mem_json_escapes
-- expect: error memory
local s = ("\1"):rep(60000) local t = {} for i = 1, 50 do t[i] = s end return cjson.encode(t)

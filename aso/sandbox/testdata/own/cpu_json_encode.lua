-- escape: cpu_json_encode
-- expect: error any
local t = {} for i = 1, 500 do t[i] = i end while true do cjson.encode(t) end

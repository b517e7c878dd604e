-- escape: cpu_json_spaces
-- expect: error any
local s = "[" .. (" "):rep(60000) .. "]" for i = 1, 1e6 do cjson.decode(s) end

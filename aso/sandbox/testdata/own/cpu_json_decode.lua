-- escape: cpu_json_decode
-- expect: error any
local s = '[' .. string.rep('1,', 5000) .. '1]' while true do cjson.decode(s) end

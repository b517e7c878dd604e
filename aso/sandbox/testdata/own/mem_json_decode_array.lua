-- escape: mem_json_decode_array
-- expect: error memory
local t = {} local s = '[' .. string.rep('[],', 2000) .. '[]]' while true do t[#t + 1] = cjson.decode(s) end

-- escape: mem_json_strings
-- expect: error memory
local s = string.rep('\1', 30000) local t = {} while true do t[#t + 1] = cjson.encode(s) end

-- escape: mem_json_keys
-- expect: error memory
local parts = {} for i = 1, 2000 do parts[i] = string.format("\"%d\":{}", i) end for i = 1, 9 do cjson.decode("{" .. table.concat(parts, ",") .. "}") end

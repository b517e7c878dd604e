-- escape: stack_json_deep_encode
-- expect: error any
local t = {} for i = 1, 400 do t = { t } end return cjson.encode(t)

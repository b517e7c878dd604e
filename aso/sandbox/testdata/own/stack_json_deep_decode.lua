-- escape: stack_json_deep_decode
-- expect: error any
return cjson.decode(string.rep('[', 60000))

-- escape: cpu_json_number_long
-- expect: any
return cjson.decode("[" .. ("1"):rep(60000) .. "e" .. ("9"):rep(30000) .. "]")

-- escape: stack_json_depth_raised
-- expect: error any
cjson.decode_max_depth(1e6) cjson.encode_max_depth(1e6) return cjson.decode(string.rep('[', 20000) .. string.rep(']', 20000))

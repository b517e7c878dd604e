-- escape: mem_json_sparse_safe
-- expect: any
cjson.encode_sparse_array(false, 1, 2 ^ 31) local t = { [5000000] = 1 } return cjson.encode(t)

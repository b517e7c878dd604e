-- escape: mem_json_sparse
-- expect: error any
cjson.encode_sparse_array(true, 0, 0) return cjson.encode({ [2 ^ 30] = 1 })

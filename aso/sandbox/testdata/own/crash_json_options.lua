-- escape: crash_json_options
-- expect: any
for _, f in ipairs { "encode_max_depth", "decode_max_depth", "encode_number_precision", "encode_sparse_array", "encode_keep_buffer", "encode_invalid_numbers", "decode_invalid_numbers" } do for _, v in ipairs { -1, 0, 1e9, 0/0, math.huge, "x", {}, true } do pcall(cjson[f], v) pcall(cjson[f], v, v, v) end end pcall(cjson.encode, { 1 / 3, { {} } })

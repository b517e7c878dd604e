-- escape: iso_json_options_reset
-- expect: any
--@@ A
cjson.encode_sparse_array(true) cjson.encode_number_precision(3) cjson.encode_invalid_numbers("null")
--@@ B
if cjson.encode({1/3}) ~= "[0.33333333333333]" then error("ESCAPED cjson options") end
if pcall(cjson.encode, {0/0}) then error("ESCAPED cjson options 2") end

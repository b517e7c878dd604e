-- escape: crash_json_surrogates
-- expect: any
for _, s in ipairs { "\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800x", "\\u", "\\u12", "\\uzzzz" } do pcall(cjson.decode, "\"" .. s .. "\"") end

-- escape: crash_cjson_args
-- expect: any
for _, f in pairs(cjson) do if type(f) == "function" then for _, a in ipairs { 0/0, -1, 1e15, "x", {}, true, "", "[", "{", "\"\\u", "1e", "-", "nul", "[1,", "{\"a\":", "\"\\ud800\"", "[1]x" } do pcall(f, a) pcall(f, a, a) pcall(f, nil, a, a) end pcall(f) end end
pcall(cjson.encode, function() end) pcall(cjson.encode, { [{}] = 1 }) pcall(cjson.encode, { [1e9] = 1 })

-- escape: crash_json_bytes
-- expect: any
for i = 0, 255 do local c = string.char(i) pcall(cjson.decode, c) pcall(cjson.decode, "[" .. c .. "]") pcall(cjson.decode, "\"\\" .. c .. "\"") pcall(cjson.decode, "\"" .. c) end

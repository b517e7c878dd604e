-- escape: crash_json_prefixes
-- expect: any
local s = [[{"a":[1,-2.5e3,true,false,null,"x\u00e9\ud83d\ude00\n"],"b":{}}]] for i = 0, #s do pcall(cjson.decode, s:sub(1, i)) pcall(cjson.decode, s:sub(i)) end

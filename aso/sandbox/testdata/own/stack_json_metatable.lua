-- escape: stack_json_metatable
-- expect: any
local t = setmetatable({}, { __index = function(t, k) return t end, __len = function() return 1e9 end }) return cjson.encode(t)

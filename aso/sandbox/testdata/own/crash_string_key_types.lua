-- escape: crash_string_key_types
-- expect: any
local t = {} for _, k in ipairs { true, {}, string, function() end, cjson.null, 1.5, -1, 0, 2^53 } do t[k] = 1 rawset(t, k, 2) t[k] = nil end pcall(function() t[nil] = 1 end) pcall(function() t[0/0] = 1 end) return t[nil], t[0/0], next(t)

-- escape: crash_odd_keys
-- expect: any
local t = {} for _, k in ipairs { 0/0, math.huge, -math.huge, 0, -0.0, 1.5, 2^31, 2^53, 2^63, -1, true, "", t, print or next } do pcall(function() t[k] = 1 end) pcall(rawset, t, k, 2) pcall(rawget, t, k) pcall(next, t, k) end pcall(function() t[nil] = 1 end) pcall(rawset, t, nil, 1) pcall(next, t, {}) return t[nil]

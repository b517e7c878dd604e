-- escape: cpu_call_builtin_meta
-- expect: any
local t = setmetatable({}, { __call = setmetatable }) pcall(t, {}) return pcall(t)

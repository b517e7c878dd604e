-- escape: stack_tostring_builtin
-- expect: error any
local t = setmetatable({}, { __tostring = tostring }) return tostring(t)

-- escape: stack_index_builtin
-- expect: error any
local mt = {} mt.__index = setmetatable({}, mt) mt.__newindex = mt.__index local t = setmetatable({}, mt) t.x = t.y return t.x + 1

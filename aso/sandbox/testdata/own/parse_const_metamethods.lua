-- escape: parse_const_metamethods
-- expect: error any
-- @whole
local t = { __index = function() return 1 end }
local u = setmetatable({}, t)
function onMessage(self, ev) return u.x end

-- escape: iso_view_read_through
-- expect: ok
local t = setmetatable({}, { __index = self })
if t.key ~= self.key then error("WRONG") end
if pcall(function() t.expire(t, 1) end) then error("ESCAPED a method took another self") end
if pcall(function() t:delete() end) then error("ESCAPED a method took another self") end

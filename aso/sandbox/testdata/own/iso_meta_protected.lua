-- escape: iso_meta_protected
-- expect: ok
local t = setmetatable({}, { __metatable = false }) if pcall(setmetatable, t, {}) or getmetatable(t) ~= false then error('ESCAPED') end if getmetatable(string) or getmetatable(self) or getmetatable(ev) then error('ESCAPED metatable of a view') end

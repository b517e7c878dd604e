-- escape: iso_ok_table_shared
-- expect: any
local m = getmetatable("")
if m ~= false and pcall(function() m.__index = nil end) then error("ESCAPED string metatable") end
if type(m) == "table" then pcall(rawset, m, "__index", function() return "POLLUTED" end) end
if ("x").foo ~= nil then error("ESCAPED") end

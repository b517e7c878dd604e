-- escape: iso_frozen_meta_stolen
-- expect: any
local m = getmetatable(string)
if type(m) == "table" then error("ESCAPED metatable of a library") end
if pcall(setmetatable, _G, nil) then error("ESCAPED _G metatable") end

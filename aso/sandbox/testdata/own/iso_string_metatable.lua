-- escape: iso_string_metatable
-- expect: ok
local mt = getmetatable("")
for i, f in ipairs {
  function() mt.__index = {} end, function() mt.__add = function() return 1 end end, function() rawset(mt, "__call", function() end) end,
  function() setmetatable("x", {}) end, function() setmetatable(mt, nil) end, function() ("x").y = 1 end, function() mt.__index.upper = nil end,
  function() rawset(string, "upper", nil) end, function() return ("x")() end, function() return -"x" end, function() return #1 end,
} do
  if pcall(f) then error("ESCAPED " .. i) end
end
if ("x").y ~= nil or ("abc"):upper() ~= "ABC" then error("ESCAPED string methods") end

-- escape: iso_view_as_metatable
-- expect: ok
for i, f in ipairs {
  function() setmetatable({}, { __newindex = self }).x = 1 end, function() setmetatable({}, { __newindex = ev }).x = 1 end,
  function() setmetatable({}, { __newindex = string }).x = 1 end, function() setmetatable({}, { __newindex = _G }).x = 1 end,
  function() setmetatable({}, self) end, function() setmetatable(self, {}) end, function() setmetatable(ev, nil) end,
  function() table.insert(self, 1) end, function() table.insert(ev, 1) end, function() rawset(ev, "now", 1) end,
} do
  if pcall(f) and i ~= 5 then error("ESCAPED " .. i) end
end
if rawget(self, "x") or rawget(ev, "x") or string.x or rawget(_G, "x") then error("ESCAPED written") end

-- escape: iso_params_write
-- expect: ok
-- @whole
params = { a = { default = "x" } }
function onMessage(self, ev)
  local p = self.params
  for i, f in ipairs {
    function() p.a = "y" end, function() p.b = 1 end, function() rawset(p, "a", "y") end, function() setmetatable(p, {}) end,
    function() table.insert(p, 1) end, function() p[1] = 1 end, function() self.params = {} end, function() rawset(self, "params", {}) end,
    function() setmetatable({}, { __newindex = p }).a = "y" end, function() table.sort(p) end,
  } do
    if pcall(f) and i ~= 10 then error("ESCAPED " .. i) end
  end
  if p.a ~= "x" or p[1] or p.b then error("ESCAPED params changed") end
end

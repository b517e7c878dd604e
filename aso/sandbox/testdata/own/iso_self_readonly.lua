-- escape: iso_self_readonly
-- expect: any
for _, f in ipairs { function() self.key = "x" end, function() self.state = {} end, function() self.params.x = 1 end,
  function() rawset(self, "call", nil) end, function() rawset(self, "state", {}) end, function() setmetatable(self, {}) end,
  function() ev.user = "root" end, function() rawset(ev, "user", "root") end, function() table.insert(ev, 1) end } do
  if pcall(f) then error("ESCAPED view is writable") end
end

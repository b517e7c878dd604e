-- escape: iso_state_replace
-- expect: ok
for i, f in ipairs { function() self.state = {} end, function() self.state = nil end, function() rawset(self, "state", {}) end } do
  if pcall(f) then error("ESCAPED " .. i) end
end

-- escape: iso_const_write
-- expect: ok
-- @whole
local T = { 1, 2, inner = { 3 }, f = function() end }
function onMessage(self, ev)
  for i, f in ipairs {
    function() T[1] = 9 end, function() T.inner[1] = 9 end, function() rawset(T, 1, 9) end, function() table.insert(T.inner, 4) end,
    function() table.remove(T) end, function() table.sort(T, function(a, b) return a > b end) end, function() setmetatable(T, {}) end,
    function() setmetatable(T.inner, {}) end, function() setmetatable({}, { __newindex = T }).x = 1 end, function() T.inner = nil end,
    function() table.remove(T, 1) end, function() getmetatable(T).__index = {} end,
  } do
    if pcall(f) then error("ESCAPED " .. i) end
  end
  if T[1] ~= 1 or T[2] ~= 2 or T.inner[1] ~= 3 or #T.inner ~= 1 or T.x then error("ESCAPED constant changed") end
end

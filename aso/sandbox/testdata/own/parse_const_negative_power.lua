-- escape: parse_const_negative_power
-- expect: ok
-- @whole
local x = -2 ^ 1023 * 2 ^ 1000
local y = x - x
function onMessage(self, ev) if y == y then error('WRONG') end end

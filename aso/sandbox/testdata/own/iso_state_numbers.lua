-- escape: iso_state_numbers
-- expect: ok
--@@ A
local s = self.state s.nan = 0/0 s.inf = math.huge s.minus = -1/math.huge s.big = 2^53 + 2 s.tiny = 5e-324 s[0] = "zero" s[-1] = "minus" s[1] = "one" s[2^40] = "far"
--@@ A
local s = self.state
if s.nan == s.nan or s.inf ~= math.huge or s.big ~= 2^53 + 2 or s.tiny ~= 5e-324 or s[0] ~= "zero" or s[-1] ~= "minus" or s[1] ~= "one" or s[2^40] ~= "far" then error("WRONG") end

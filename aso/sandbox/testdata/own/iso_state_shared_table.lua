-- escape: iso_state_shared_table
-- expect: ok
--@@ A
local t = { n = 1 } self.state.a = t self.state.b = t t.n = 2
--@@ A
local s = self.state
if s.a.n ~= 2 or s.b.n ~= 2 then error("WRONG value") end
s.a.n = 3
if s.b.n ~= 2 then error("WRONG shared") end

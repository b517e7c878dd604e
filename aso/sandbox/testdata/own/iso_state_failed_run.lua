-- escape: iso_state_failed_run
-- expect: ok
--@@ A
self.state.n = 1
--@@ A
pcall(function() self.state.n = 2 error("x") end)
self.state.m = self.state.n
--@@ B
if next(self.state) then error("ESCAPED state of another object") end
--@@ A
if self.state.n ~= 2 or self.state.m ~= 2 then error("WRONG") end

-- escape: iso_state_holes
-- expect: ok
--@@ A
self.state.t = { 1, 2, nil, 4 } self.state.u = {} self.state.u[5000] = 1 self.state.v = { nil, nil, 3 }
--@@ A
local s = self.state
if s.t[1] ~= 1 or s.t[3] ~= nil or s.t[4] ~= 4 or s.u[5000] ~= 1 or s.v[3] ~= 3 then error("WRONG") end

-- escape: iso_state_depth_16
-- expect: ok
local t = {} local top = t for i = 1, 14 do t.t = {} t = t.t end self.state.top = top

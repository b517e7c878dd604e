-- escape: iso_state_depth_17
-- expect: error any
local t = {} local top = t for i = 1, 16 do t.t = {} t = t.t end self.state.top = top

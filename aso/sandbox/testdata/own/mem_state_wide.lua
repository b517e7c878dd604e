-- escape: mem_state_wide
-- expect: error memory
local t = {} for i = 1, 10000 do t[i] = {} end self.state.t = t

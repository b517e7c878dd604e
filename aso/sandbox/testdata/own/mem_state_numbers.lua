-- escape: mem_state_numbers
-- expect: error memory
local t = {} for i = 1, 9000 do t[i] = i + 0.5 end self.state.t = t

-- escape: stack_state_branching
-- expect: error any
local t = {} for i = 1, 40 do t = { t, t } end self.state.t = t

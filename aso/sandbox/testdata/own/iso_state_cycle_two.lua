-- escape: iso_state_cycle_two
-- expect: error any
local a, b = {}, {} a.b = b b.a = a self.state.a = a

-- escape: iso_state_cycle
-- expect: error any
self.state.a = { b = self.state }

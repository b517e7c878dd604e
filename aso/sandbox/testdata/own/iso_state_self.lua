-- escape: iso_state_self
-- expect: error any
self.state.me = self

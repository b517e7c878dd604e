-- escape: iso_state_marker
-- expect: error any
self.state.v = deny("x")

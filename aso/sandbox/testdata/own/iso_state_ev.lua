-- escape: iso_state_ev
-- expect: error any
self.state.ev = ev

-- escape: iso_state_library
-- expect: error any
self.state.f = string

-- escape: iso_state_bool_key
-- expect: error any
self.state[true] = 1

-- escape: iso_state_float_key
-- expect: error any
self.state[1.5] = 1

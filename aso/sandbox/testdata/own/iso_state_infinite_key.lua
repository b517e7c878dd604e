-- escape: iso_state_infinite_key
-- expect: error any
self.state[math.huge] = 1

-- escape: mem_state_long_key
-- expect: error memory
self.state[("k"):rep(70000)] = 1

-- escape: mem_state_long_keys
-- expect: error memory
for i = 1, 100 do self.state[("k"):rep(1000) .. i] = 1 end

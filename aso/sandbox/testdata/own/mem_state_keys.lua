-- escape: mem_state_keys
-- expect: error any
for i = 1, 1500 do self.state['some rather long key of the state, number ' .. i] = i end

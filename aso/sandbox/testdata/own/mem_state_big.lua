-- escape: mem_state_big
-- expect: error any
for i = 1, 40 do self.state[i] = string.rep('x', 2000) end

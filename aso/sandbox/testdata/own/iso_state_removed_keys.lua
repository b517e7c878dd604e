-- escape: iso_state_removed_keys
-- expect: ok
-- repeat: 20
for i = 1, 50 do self.state['k' .. i] = i end for i = 1, 50 do self.state['k' .. i] = nil end if next(self.state) ~= nil then error('WRONG') end

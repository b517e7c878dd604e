-- escape: iso_state_metatable
-- expect: error any
self.state.x = 1 setmetatable(self.state, { __index = function() return 1 end })

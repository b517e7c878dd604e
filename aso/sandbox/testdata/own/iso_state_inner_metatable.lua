-- escape: iso_state_inner_metatable
-- expect: error any
self.state.t = setmetatable({}, {})

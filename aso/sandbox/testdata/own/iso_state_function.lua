-- escape: iso_state_function
-- expect: error any
self.state.f = function() end

-- escape: iso_state_null
-- expect: any
self.state.n = cjson.null

-- escape: iso_state_table_key
-- expect: error any
self.state[{}] = 1

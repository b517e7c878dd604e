-- escape: iso_deny_in_table
-- expect: any
local d = deny('x') self.state.d = d

-- escape: parse_escape_names
-- expect: error any
local @set = 1

-- escape: mem_format_many
-- expect: error any
local f = string.rep('%99.99f', 2000) return string.format(f, 1)

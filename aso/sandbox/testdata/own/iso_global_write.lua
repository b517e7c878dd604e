-- escape: iso_global_write
-- expect: error any
leak = 1

-- escape: iso_global_write_env
-- expect: error any
_G.leak = 1

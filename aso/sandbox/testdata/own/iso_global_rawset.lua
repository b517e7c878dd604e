-- escape: iso_global_rawset
-- expect: error any
rawset(_G, 'leak', 1)

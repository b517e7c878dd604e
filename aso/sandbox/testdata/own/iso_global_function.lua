-- escape: iso_global_function
-- expect: error any
function leak() end

-- escape: crash_unpack_registry
-- expect: any
return pcall(function() return select('#', unpack({}, 1, 400), unpack({}, 1, 400), unpack({}, 1, 400)) end)

-- escape: iso_marker_nested
-- expect: any
return { deny("x"), keep(), missing() }

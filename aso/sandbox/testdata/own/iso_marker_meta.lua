-- escape: iso_marker_meta
-- expect: any
local d = deny('x') pcall(function() d.verdict = 2 end) if pcall(function() return d.text end) then error('ESCAPED marker') end if getmetatable(d) then error('ESCAPED marker meta') end return d

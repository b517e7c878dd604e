-- escape: iso_const_shared
-- expect: any
local t = cjson.null if pcall(function() t.x = 1 end) then error('ESCAPED') end

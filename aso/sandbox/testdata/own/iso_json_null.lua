-- escape: iso_json_null
-- expect: ok
local n = cjson.null if pcall(function() n.x = 1 end) or pcall(setmetatable, n, {}) or pcall(function() return n() end) or getmetatable(n) ~= nil and pcall(function() getmetatable(n).x = 1 end) then error("ESCAPED") end if cjson.decode("null") ~= n then error("WRONG") end

-- escape: iso_marker_use
-- expect: ok
for i, f in ipairs { function() deny("x").text = "y" end, function() return deny("x")() end, function() return deny("x") .. "y" end, function() return cjson.encode(keep()) end, function() self:call("SET", missing()) end, function() setmetatable(keep(), {}) end, function() return #missing() end, function() log(deny("x")) end } do if pcall(f) then error("ESCAPED " .. i) end end

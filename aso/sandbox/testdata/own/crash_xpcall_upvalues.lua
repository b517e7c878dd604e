-- escape: crash_xpcall_upvalues
-- expect: any
local f
xpcall(function() local x = {} f = function() return x.y.z end error("e") end, function(e) pcall(f) return f end)
pcall(f)
for i = 1, 30 do xpcall(f, function(e) error(e) end) end

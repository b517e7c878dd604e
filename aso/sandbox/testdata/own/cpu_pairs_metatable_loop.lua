-- escape: cpu_pairs_metatable_loop
-- expect: error budget
local t = setmetatable({}, { __index = function(t, k) return k end }) for i, v in ipairs(t) do end for k in function() return t.x end do end

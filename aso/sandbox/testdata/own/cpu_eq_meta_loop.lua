-- escape: cpu_eq_meta_loop
-- expect: error budget
local mt = { __eq = function() while true do end end } local a, b = setmetatable({}, mt), setmetatable({}, mt) return a == b

-- escape: cpu_closure_chain
-- expect: any
local f = function() return 1 end for i = 1, 110 do local g = f f = function() return g() end end return f()

-- escape: cpu_const_branching_state
-- expect: error any
-- @whole
local t0 = {}
local t1 = { t0, t0 }
local t2 = { t1, t1 }
local t3 = { t2, t2 }
local t4 = { t3, t3 }
local t5 = { t4, t4 }
local t6 = { t5, t5 }
local t7 = { t6, t6 }
local t8 = { t7, t7 }
local t9 = { t8, t8 }
local t10 = { t9, t9 }
local t11 = { t10, t10 }
local t12 = { t11, t11 }
local t13 = { t12, t12 }
local t14 = { t13, t13 }
local t15 = { t14, t14 }
function onMessage(self, ev) self.state.t = t15 end

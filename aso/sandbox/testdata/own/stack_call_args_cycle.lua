-- escape: stack_call_args_cycle
-- expect: error any
local t = {} t.t = t self:call('SET', t)

-- escape: parse_params_duration_overflow
-- expect: error any
-- @whole
params = { a = { type = 'duration', default = '9999999999999999d' } }
function onMessage(self, ev) end

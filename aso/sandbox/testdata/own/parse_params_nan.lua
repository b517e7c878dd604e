-- escape: parse_params_nan
-- expect: error any
-- @whole
params = { a = { type = 'number', default = 0 / 0 } }
function onMessage(self, ev) end

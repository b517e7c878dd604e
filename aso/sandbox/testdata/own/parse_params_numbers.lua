-- escape: parse_params_numbers
-- expect: error any
-- @whole
params = { { type = 'int' } }
function onMessage(self, ev) end

-- escape: parse_params_deep
-- expect: error any
-- @whole
params = { a = { default = { { { 'x' } } } } }
function onMessage(self, ev) end

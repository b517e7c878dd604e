-- escape: parse_params_bounds_infinite
-- expect: any
-- @whole
params = { a = { type = 'number', default = 1, min = -1e308 * 10, max = 1e308 * 10 } }
function onMessage(self, ev) end

-- escape: parse_params_recursive
-- expect: error any
-- @whole
local t = {}
params = { a = t, b = params }
function onMessage(self, ev) end

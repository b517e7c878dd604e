-- escape: parse_params_huge_int
-- expect: error any
-- @whole
params = { a = { type = 'int', default = 1e300 } }
function onMessage(self, ev) end

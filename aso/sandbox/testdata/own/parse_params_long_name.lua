-- escape: parse_params_long_name
-- expect: error any
-- @whole
params = { ['nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn'] = { default = '' } }
function onMessage(self, ev) end

-- escape: iso_method_without_self
-- expect: any
local c = self.call if pcall(c, {}, 'FLUSHALL') then error('ESCAPED') end if pcall(c, 'FLUSHALL') then error('ESCAPED') end

-- escape: cpu_meta_chain_views
-- expect: any
local t = self for i = 1, 90 do t = setmetatable({}, { __index = t }) end for i = 1, 1e6 do local x = t.key end

-- escape: cpu_len_meta_loop
-- expect: ok
return #setmetatable({}, { __len = function() while true do end end })

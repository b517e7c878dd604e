-- escape: cpu_len_meta_loop
-- expect: error budget
return #setmetatable({}, { __len = function() while true do end end })

-- escape: cpu_concat_meta_numbers
-- expect: error any
local t = setmetatable({}, { __concat = function(a, b) return b end }) while true do local s = t .. 1 .. t .. 2 end

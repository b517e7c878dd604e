-- escape: mem_closures_in_table
-- expect: error memory
local t = {} while true do t[#t + 1] = { function() return t end, function() return #t end } end

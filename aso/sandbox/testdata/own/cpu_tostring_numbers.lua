-- escape: cpu_tostring_numbers
-- expect: error budget
while true do local s = tostring(1/3) s = nil end

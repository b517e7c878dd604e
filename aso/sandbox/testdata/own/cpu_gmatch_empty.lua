-- escape: cpu_gmatch_empty
-- expect: error any
while true do for w in string.gmatch(string.rep('a', 5000), '()') do end end

-- escape: cpu_gsub_builtin_callback
-- expect: error any
while true do string.gsub(string.rep('a', 2000), '.', string.upper) end

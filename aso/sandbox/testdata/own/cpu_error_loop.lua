-- escape: cpu_error_loop
-- expect: error budget
while true do pcall(error) pcall(error, 'x', 2) end

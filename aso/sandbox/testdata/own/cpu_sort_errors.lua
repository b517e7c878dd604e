-- escape: cpu_sort_errors
-- expect: ok
local t = { 5, 2, 8, 1, 9, 3 } for i = 1, 20 do local n = 0 pcall(table.sort, t, function(a, b) n = n + 1 if n > i then error("x") end return a < b end) end table.sort(t) if table.concat(t, ",") ~= "1,2,3,5,8,9" then error("WRONG " .. table.concat(t, ",")) end

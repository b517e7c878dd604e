-- escape: crash_sort_mixed
-- expect: any
pcall(table.sort, { 1, "a", {}, true }) pcall(table.sort, { 1, nil, 3 }) pcall(table.sort, { 0/0, 1, 0/0, 2 }) pcall(table.sort, { 3, 2, 1 }, function() return "x" end) pcall(table.sort, { 3, 2, 1 }, string.rep) pcall(table.sort, setmetatable({}, { __len = function() return 1e9 end }))

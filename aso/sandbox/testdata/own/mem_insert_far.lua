-- escape: mem_insert_far
-- expect: any
local t = {} for i = 20, 52 do t[2 ^ i] = i end table.insert(t, 1) table.insert(t, 2 ^ 20, 1) return #t

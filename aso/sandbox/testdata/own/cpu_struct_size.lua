-- escape: cpu_struct_size
-- expect: error any
local f = ("i4"):rep(20000) for i = 1, 1e6 do struct.size(f) end

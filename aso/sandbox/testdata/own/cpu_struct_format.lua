-- escape: cpu_struct_format
-- expect: error any
local f = string.rep(' ', 60000) while true do pcall(struct.size, f) end

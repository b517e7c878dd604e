-- escape: mem_struct_padding
-- expect: error any
local s = "" for i = 1, 1e6 do s = struct.pack(("x"):rep(60000)) end

-- escape: mem_msgpack_arrays
-- expect: error any
local s = ("\221\0\1\0\0"):rep(100) local n = 0 while true do pcall(cmsgpack.unpack, s .. ("\1"):rep(60000)) end

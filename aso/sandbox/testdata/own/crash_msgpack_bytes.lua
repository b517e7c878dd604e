-- escape: crash_msgpack_bytes
-- expect: any
for i = 0, 255 do local c = string.char(i) pcall(cmsgpack.unpack, c) pcall(cmsgpack.unpack, c .. "\255\255\255\255") pcall(cmsgpack.unpack, "\145" .. c) pcall(cmsgpack.unpack, c .. ("\0"):rep(9)) end

-- escape: crash_cmsgpack_args
-- expect: any
for i = 0, 255 do
  local c = string.char(i)
  pcall(cmsgpack.unpack, c) pcall(cmsgpack.unpack, c .. "\255\255\255\255\255") pcall(cmsgpack.unpack, c .. "\1\1\1\1\1\1\1\1\1")
end
for _, a in ipairs { -1, 1e15, 0/0, 1.5 } do pcall(cmsgpack.unpack_limit, "\1\2", a) pcall(cmsgpack.unpack_one, "\1\2", a) pcall(cmsgpack.unpack_limit, "\1\2", 1, a) end
pcall(cmsgpack.pack)

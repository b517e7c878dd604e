-- escape: crash_msgpack_offsets
-- expect: any
local s = cmsgpack.pack(1, 2, 3) for _, v in ipairs { -1, 0, 3, 4, 1e9, -1e9, 0/0, math.huge, 0.5 } do pcall(cmsgpack.unpack_one, s, v) pcall(cmsgpack.unpack_limit, s, v, v) pcall(cmsgpack.unpack_limit, s, 1, v) end

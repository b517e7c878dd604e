-- escape: crash_struct_offsets
-- expect: any
for _, v in ipairs { -1, 0, 4, 5, 2^31, 2^53, -2^53, 0/0, math.huge } do pcall(struct.unpack, "i4", "abcd", v) pcall(struct.unpack, "s", "ab\0", v) pcall(struct.unpack, "c0", "abcd", v) end

-- escape: crash_struct_formats
-- expect: any
for _, f in ipairs { "i999999999999", "i0", "i9", "!3", "!999", "c", "c0", "c99999999999", "s", "x", "X", "i1i", "<>=!", "(", "%", "c-1", "d", "f", "L", ("<"):rep(1000) .. "b" } do for _, v in ipairs { 1, -1, 2^63, 0/0, "abc", "" } do pcall(struct.pack, f, v) pcall(struct.unpack, f, "abcdefgh") pcall(struct.unpack, f, "", 1) pcall(struct.size, f) end end

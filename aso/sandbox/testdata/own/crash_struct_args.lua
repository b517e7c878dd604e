-- escape: crash_struct_args
-- expect: any
for _, o in ipairs { "b", "B", "h", "H", "l", "L", "T", "f", "d", "s", "x", "i1", "I32", "c0", "c5", "!", "!3", "!16", ">", "<", "z", "i33", "i0", "i99999999999" } do
  for _, v in ipairs { 0/0, 1/0, -1, 2^64, 2^53, "abc", "" } do pcall(struct.pack, o, v) pcall(struct.unpack, o, v) pcall(struct.unpack, o .. o, "\1\2\3\4\5\6\7\8", v) end
  pcall(struct.size, o) pcall(struct.pack, "b" .. o, 1) pcall(struct.unpack, o, "12345678", 1e15) pcall(struct.unpack, o, "12345678", -1)
end

-- escape: mem_struct_big
-- expect: error any
return struct.pack('i32', 1), struct.pack(string.rep('i32', 20000)), struct.pack('c99999999', 'x')

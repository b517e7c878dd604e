-- escape: stack_msgpack_maps
-- expect: error any
return cmsgpack.unpack(string.rep('\129\1', 30000))

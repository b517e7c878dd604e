-- escape: mem_msgpack_map_head
-- expect: error any
return cmsgpack.unpack('\223\255\255\255\255\1')

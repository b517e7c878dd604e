-- escape: mem_msgpack_heads
-- expect: any
for _, h in ipairs { "\217\255", "\218\255\255", "\219\255\255\255\255", "\220\255\255", "\221\255\255\255\255", "\222\255\255", "\198\255\255\255\255", "\201\255\255\255\255\1" } do pcall(cmsgpack.unpack, h) pcall(cmsgpack.unpack, h .. ("x"):rep(1000)) end

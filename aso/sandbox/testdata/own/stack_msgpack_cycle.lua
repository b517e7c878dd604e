-- escape: stack_msgpack_cycle
-- expect: any
local t = {} t[1] = t t.x = t return #cmsgpack.pack(t)

-- escape: cpu_msgpack_branching
-- expect: error any
local t = {} for i = 1, 15 do t = { t, t, t } end return cmsgpack.pack(t)

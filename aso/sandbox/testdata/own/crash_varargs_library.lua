-- escape: crash_varargs_library
-- expect: any
local t = {} for i = 1, 500 do t[i] = i % 256 end for _, f in ipairs { string.char, math.max, math.min, string.format, select, unpack, cmsgpack.pack, struct.pack, bit.band, table.concat, pcall, tostring, log, deny, keep, hash.sha256, self.call, rawset } do pcall(f, unpack(t)) pcall(f) end

-- escape: crash_bit_args
-- expect: any
for _, f in pairs(bit) do for _, a in ipairs { 0/0, 1/0, -1/0, 2^53, -2^63, 1e300, 'x', {} } do pcall(f, a) pcall(f, a, a) pcall(f, 1, a) end pcall(f) end

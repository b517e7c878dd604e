-- escape: crash_byte_bounds
-- expect: any
local s = ("x"):rep(600) for _, v in ipairs { { 1, 512 }, { 1, 513 }, { 1, 600 }, { -1e9, 1e9 }, { 1e18, 1e19 }, { 0/0, 1 }, { -600, -1 } } do pcall(string.byte, s, v[1], v[2]) pcall(string.sub, s, v[1], v[2]) end

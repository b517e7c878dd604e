-- escape: crash_format_numbers
-- expect: any
for _, v in ipairs { 0/0, math.huge, -math.huge, 2^63, -2^63, 2^64, 1e308, -0.0 } do for f in ("diouxXcaAeEfgGqs"):gmatch(".") do pcall(string.format, "%" .. f, v) end end

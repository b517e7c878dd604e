-- escape: crash_format_specs
-- expect: any
for i = 1, 255 do local c = string.char(i) for _, f in ipairs { "%", "%5", "%.3", "%-5.2", "%#", "%+ 0", "%099" } do pcall(string.format, f .. c, 1.5) pcall(string.format, f .. c, "x") pcall(string.format, f .. c) end end

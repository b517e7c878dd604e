-- escape: parse_numbers
-- expect: any
if 010 ~= 10 then error("WRONG octal " .. 010) end
if 0x10 ~= 16 or 1e2 ~= 100 or .5 ~= 0.5 or 3. ~= 3 or 1e999 ~= 1/0 then error("WRONG numeral") end

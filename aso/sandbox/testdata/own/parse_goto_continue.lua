-- escape: parse_goto_continue
-- expect: error any
for i = 1, 3 do if i == 2 then goto continue end log(i) ::continue:: end

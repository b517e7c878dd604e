-- escape: parse_issue540
-- expect: any
for k, v in pairs { 1, 2 } do if false then local x = 1 end end
for k, v in pairs { 1, 2 } do if nil then local x = 1 elseif not true then local y = 2 end local z = k + v if z ~= 2 * k then error("WRONG " .. z) end end
local n = 0 while false do local q = 1 end repeat local stop = true if false then local w end until stop or false
for i = 1, 3 do if false and n then local a = 1 end if not (true and n) then local b end n = n + i end
if n ~= 6 then error("WRONG n " .. n) end

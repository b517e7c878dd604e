-- escape: iso_error_address_key
-- expect: any
-- why: the VM prints keys that are no strings with their heap address
local n
for _, key in ipairs { {}, function() end, tostring, string, cjson.null, ev, self } do
  local ok, e = pcall(function() return n[key] end)
  if ok or tostring(e):find("0x%x%x%x%x%x%x%x%x%x") then error("ESCAPED address " .. tostring(e):gsub("0x", "")) end
  ok, e = pcall(function() n[key] = 1 end)
  if ok or tostring(e):find("0x%x%x%x%x%x%x%x%x%x") then error("ESCAPED address " .. tostring(e):gsub("0x", "")) end
  ok, e = pcall(function() return (1)[key] end)
  if ok or tostring(e):find("0x%x%x%x%x%x%x%x%x%x") then error("ESCAPED address " .. tostring(e):gsub("0x", "")) end
end
return n[{}]

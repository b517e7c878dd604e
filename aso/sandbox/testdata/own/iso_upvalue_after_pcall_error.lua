-- escape: iso_upvalue_after_pcall_error
-- expect: any
local n, fs = 0, {}
for i = 1, 5 do
  local x = i
  fs[i] = function(v) if v then x = v end return x end
  pcall(function() local y = x fs[i + 5] = function() y = y + 1 return y end error("x") end)
end
for i = 1, 5 do
  if fs[i]() ~= i then error("WRONG upvalue " .. i) end
  fs[i](i * 10)
  if fs[i]() ~= i * 10 then error("WRONG shared upvalue") end
  if fs[i + 5]() ~= i + 1 or fs[i + 5]() ~= i + 2 then error("WRONG inner upvalue") end
end

-- escape: iso_env_table_identity
-- expect: any
local g = _G
for _, n in ipairs { "string", "table", "math", "bit", "cjson", "struct", "cmsgpack", "hash" } do
  for _, f in ipairs { function() g[n].evil = 1 end, function() rawset(g[n], "evil", 1) end, function() setmetatable(g[n], {}) end,
    function() table.insert(g[n], 1) end, function() g[n] = nil end, function() table.sort(g[n]) end, function() table.remove(g[n]) end } do
    pcall(f)
  end
  if g[n] == nil or g[n].evil or g[n][1] then error("ESCAPED " .. n) end
end

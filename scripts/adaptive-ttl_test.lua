test("lives the longer the more it is read", function(t)
  t:cmd("ASO.ATTACH", "k", "std/adaptive-ttl", "PARAM", "base", "1m", "PARAM", "max", "10m")
  t:cmd("SET", "k", "v")
  t:eq(t:cmd("TTL", "k"), 60)
  local ttl = {}
  for i = 1, 16 do
    t:cmd("GET", "k")
    ttl[i] = t:cmd("TTL", "k")
  end
  t:eq(ttl, { 120, 120, 240, 240, 240, 240, 480, 480, 480, 480, 480, 480, 480, 480, 600, 600 })
  t:cmd("SET", "k", "w")
  t:eq(t:cmd("TTL", "k"), 60)
  t:advance("1m")
  t:eq(t:cmd("GET", "k"), nil)
end)

test("counts up to its limit, and begins anew each day", function(t)
  t:cmd("ASO.ATTACH", "q", "std/quota", "PARAM", "limit", 3, "PARAM", "tz", "Europe/Berlin")
  t:eq(t:cmd("INCR", "q"), 1)
  t:eq(t:cmd("INCRBY", "q", 2), 3)
  t:err(t:cmd("INCR", "q"), "ASODENY the quota of 3 is used up")
  t:eq(t:cmd("GET", "q"), "3")
  t:advance("22h")
  t:err(t:cmd("INCR", "q"), "ASODENY")
  t:advance("1h") -- midnight in Berlin
  t:eq(t:cmd("GET", "q"), "0")
  t:eq(t:cmd("INCR", "q"), 1)
  t:restart()
  t:advance("24h")
  t:eq(t:cmd("GET", "q"), "0")
end)

test("by the month, for a year", function(t)
  t:cmd("ASO.ATTACH", "q", "std/quota", "PARAM", "limit", 100, "PARAM", "reset", "0 0 1 * *")
  t:cmd("INCR", "q")
  local resets = 0
  for day = 1, 365 do
    t:advance("1d")
    if t:cmd("GET", "q") == "0" then
      resets = resets + 1
      t:cmd("INCR", "q")
    end
  end
  t:eq(resets, 12)
end)

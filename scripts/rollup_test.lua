test("keeps the growth of each minute", function(t)
  t:cmd("ASO.ATTACH", "hits", "std/rollup", "PARAM", "keep", 3)
  local begin = t:now()
  for minute = 0, 3 do
    for _ = 0, minute do t:cmd("INCR", "hits") end
    t:advance("1m")
  end
  t:restart()
  t:eq(t:cmd("GET", "hits"), "10")
  t:eq(t:cmd("ASO.CALL", "hits", "series"), { { begin + 180000, 4 }, { begin + 120000, 3 }, { begin + 60000, 2 } })
  t:eq(t:cmd("ASO.CALL", "hits", "series", 1), { { begin + 180000, 4 } })
  t:err(t:cmd("SET", "hits", "many"), "ASODENY a rollup is a number")
  t:eq(t:cmd("DECRBY", "hits", 5), 5)
  t:eq(t:cmd("ASO.CALL", "hits", "series", 1), { { begin + 240000, -5 } })
end)

test("tells once, when it is quiet", function(t)
  t:cmd("ASO.ATTACH", "k", "std/debounce", "PARAM", "quiet", "1s", "PARAM", "max", "10s")
  for i = 1, 5 do
    t:cmd("SET", "k", i)
    t:advance(500)
  end
  t:eq(t:messages(), {})
  t:restart()
  t:advance(500)
  t:eq(t:messages(), { { channel = "changed:k", message = "5" } })
  t:advance("1h")
  t:eq(t:messages(), {})
end)

test("does not wait for ever", function(t)
  t:cmd("ASO.ATTACH", "h", "std/debounce", "PARAM", "quiet", "1s", "PARAM", "max", "3s")
  for i = 1, 10 do
    t:cmd("HSET", "h", "n", i)
    t:advance(500)
  end
  t:eq(t:messages(), { { channel = "changed:h", message = '{"n":"6"}' } })
end)

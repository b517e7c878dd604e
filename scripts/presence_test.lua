test("members that are silent are gone", function(t)
  t:cmd("ASO.ATTACH", "room", "std/presence", "PARAM", "idle", "10s")
  t:eq(t:cmd("ASO.CALL", "room", "beat", "ann", "bob"), 2)
  t:advance("6s")
  t:eq(t:cmd("ASO.CALL", "room", "beat", "ann"), 0)
  t:eq(t:cmd("ZRANGE", "room", 0, -1), { "bob", "ann" })
  t:restart()
  t:advance("4s")
  t:eq(t:cmd("ZRANGE", "room", 0, -1), { "ann" })
  t:advance("6s")
  t:eq(t:cmd("ZCARD", "room"), 0)
  t:eq(t:messages(), {
    { channel = "presence:room", message = "join ann bob" },
    { channel = "presence:room", message = "leave bob" },
    { channel = "presence:room", message = "leave ann" },
  })
end)

test("members leave", function(t)
  t:cmd("ASO.RULE", "SET", "rooms", "room*", "std/presence")
  t:cmd("ASO.CALL", "room", "beat", "ann")
  t:eq(t:cmd("ASO.CALL", "room", "leave", "ann", "bob"), 1)
  t:eq(t:cmd("ZCARD", "room"), 0)
  t:err(t:cmd("ASO.CALL", "room", "beat"), "ASODENY who?")
end)

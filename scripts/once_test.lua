test("readable once, by any command that shows the value", function(t)
  for i, read in ipairs { { "GET" }, { "GETRANGE", 0, -1 }, { "MGET" }, { "GETEX" }, { "ASO.GET" } } do
    local key = "k" .. i
    t:eq(t:cmd("ASO.SET", key, "secret", "HANDLER", "std/once"), "OK")
    t:eq(t:cmd("STRLEN", key), 6, "STRLEN tells the length, not the value")
    local got = t:cmd(read[1], key, unpack(read, 2))
    t:eq(read[1] == "MGET" and got[1] or got, "secret", read[1])
    t:eq(t:cmd("EXISTS", key), 0)
    t:eq(t:cmd("GET", key), nil)
  end
end)

test("reads are counted and writes refused", function(t)
  local refusal = "ASODENY a value that is read 3 times is written once"
  t:eq(t:cmd("ASO.SET", "k", "v", "EX", 60, "HANDLER", "std/once", "PARAM", "reads", 3), "OK")
  t:err(t:cmd("SET", "k", "other"), refusal)
  t:err(t:cmd("APPEND", "k", "x"), refusal)
  t:eq(t:cmd("GET", "k"), "v")
  t:eq(t:cmd("GET", "k"), "v")
  t:eq(t:state("k"), { left = 1 })
  t:eq(t:cmd("TTL", "k"), 60)
  t:restart()
  t:eq(t:cmd("GET", "k"), "v")
  t:eq(t:cmd("GET", "k"), nil)
  t:eq(t:cmd("TTL", "k"), -2)
end)

test("attaches to a key of any type", function(t)
  t:eq(t:cmd("HSET", "h", "f", "v"), 1)
  t:eq(t:cmd("ASO.ATTACH", "h", "std/once"), 1)
  t:eq(t:cmd("HGETALL", "h"), { "f", "v" })
  t:eq(t:cmd("HGETALL", "h"), {})
  t:eq(t:cmd("DBSIZE"), 0)
end)

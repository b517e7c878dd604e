local function family(t, n)
  t:cmd("ASO.RULE", "SET", "c", "c:*", "std/cascade")
  t:cmd("SET", "c:parent", "v")
  for i = 1, n do
    t:cmd("SET", "c:child" .. i, i)
    t:eq(t:cmd("ASO.CALL", "c:parent", "adopt", "c:child" .. i), i)
  end
end

test("children go with their parent", function(t)
  family(t, 100)
  t:cmd("SET", "c:grandchild", "v")
  t:cmd("ASO.CALL", "c:child7", "adopt", "c:grandchild")
  t:eq(t:cmd("ASO.CALL", "c:parent", "abandon", "c:child99"), 99)
  t:restart()
  t:eq(t:cmd("DEL", "c:parent"), 1)
  t:advance(0)
  t:eq(t:cmd("KEYS", "*"), { "c:child99" })
end)

test("also when it expires", function(t)
  family(t, 2)
  t:cmd("EXPIRE", "c:parent", 10)
  t:advance("10s")
  t:eq(t:cmd("DBSIZE"), 0)
end)

test("as many hold it as it has permits", function(t)
  t:cmd("ASO.ATTACH", "sem", "std/semaphore", "PARAM", "permits", 2, "PARAM", "hold", "10s")
  local function call(...) return t:cmd("ASO.CALL", "sem", ...) end
  t:eq(call("acquire", "a"), 1)
  t:eq(call("acquire", "b", 60000), 1)
  t:eq(call("acquire", "c"), 0)
  t:eq(call("acquire", "a"), 1, "again renews")
  t:restart()
  t:eq(call("holders"), { "a", "b" })
  t:advance("10s")
  t:eq(call("holders"), { "b" }, "a has not renewed")
  t:eq(call("acquire", "c"), 1)
  t:eq(call("release", "a"), 0)
  t:eq(call("release", "b"), 1)
  t:eq(call("holders"), { "c" })
  t:err(call("acquire"), "ASODENY")
end)

test("never more than its permits hold it, whatever happens", function(t)
  t:cmd("ASO.ATTACH", "sem", "std/semaphore", "PARAM", "permits", 3, "PARAM", "hold", "5s")
  local seed = 7
  local function random(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % n + 1
  end
  for _ = 1, 300 do
    t:cmd("ASO.CALL", "sem", ({ "acquire", "acquire", "release" })[random(3)], "id" .. random(6))
    t:ok(#t:cmd("ASO.CALL", "sem", "holders") <= 3)
    t:advance(random(1500))
  end
end)

test("keeps nothing when nobody holds it", function(t)
  local function objects() return tonumber(t:cmd("INFO", "aso"):match("aso_objects:(%d+)")) end
  t:cmd("ASO.RULE", "SET", "sems", "sem:*", "std/semaphore", "PARAM", "permits", 2)
  for i = 1, 20 do t:eq(t:cmd("ASO.CALL", "sem:" .. i, "acquire", "a", 1000), 1) end
  t:eq(t:cmd("ASO.CALL", "sem:1", "acquire", "b", 5000), 1)
  t:eq(t:cmd("ASO.CALL", "sem:2", "release", "a"), 1)
  t:eq(objects(), 19)
  t:restart()
  t:advance(1000)
  t:eq(objects(), 1)
  t:eq(t:cmd("ASO.CALL", "sem:1", "holders"), { "b" })
  t:advance(4000)
  t:eq(objects(), 0)
end)

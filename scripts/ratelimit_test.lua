test("answers as GCRA", function(t)
  local function take(want, ...) t:eq(t:cmd("ASO.CALL", "api", "take", ...), want) end
  t:eq(t:cmd("ASO.ATTACH", "api", "std/ratelimit", "PARAM", "count", 10, "PARAM", "period", "1s", "PARAM", "burst", 2), 1)
  t:eq(t:cmd("EXISTS", "api"), 0)
  take { 1, 3, 2, -1, 100 }
  take { 1, 3, 1, -1, 200 }
  take { 1, 3, 0, -1, 300 }
  take { 0, 3, 0, 100, 300 }
  t:advance(100)
  take({ 1, 3, 1, -1, 200 }, 0)
  take { 1, 3, 0, -1, 300 }
  take({ 0, 3, 0, -1, 300 }, 4) -- more than can ever be had at once
  t:eq(t:cmd("ASO.CALL", "api", "reset"), "OK")
  take({ 1, 3, 0, -1, 300 }, 3)
  t:err(t:cmd("ASO.CALL", "api", "take", -1), "ASODENY take needs a number of requests")
  t:err(t:cmd("ASO.CALL", "api", "what"), "ASODENY unknown message: take [n] or reset")
end)

test("holds the rate over time, and over a restart", function(t)
  t:eq(t:cmd("ASO.ATTACH", "api", "std/ratelimit", "PARAM", "count", 10, "PARAM", "period", "1s"), 1)
  local allowed = 0
  for i = 1, 10000 do -- ten seconds, a request each millisecond
    if t:cmd("ASO.CALL", "api", "take")[1] == 1 then allowed = allowed + 1 end
    if i == 5000 then t:restart() end
    t:advance(1)
  end
  t:eq(allowed, 100)
end)

test("answers as a token bucket", function(t)
  local function take(want, ...) t:eq(t:cmd("ASO.CALL", "api", "take", ...), want) end
  t:eq(t:cmd("ASO.ATTACH", "api", "std/ratelimit", "PARAM", "count", 10, "PARAM", "burst", 5, "PARAM", "algorithm", "bucket"), 1)
  take({ 1, 15, 1, -1, 1400 }, 14)
  take({ 0, 15, 1, 100, 1400 }, 2)
  take({ 0, 15, 1, -1, 1400 }, 16)
  t:advance(100)
  take({ 1, 15, 0, -1, 1500 }, 2)
  t:restart()
  t:advance("10s")
  take({ 1, 15, 0, -1, 1500 }, 15)
end)

test("answers as a fixed window", function(t)
  local function take(want, ...) t:eq(t:cmd("ASO.CALL", "api", "take", ...), want) end
  t:eq(t:cmd("ASO.ATTACH", "api", "std/ratelimit", "PARAM", "count", 2, "PARAM", "burst", 1, "PARAM", "period", "1m", "PARAM", "algorithm", "window"), 1)
  take({ 1, 3, 3, -1, 0 }, 0)
  take { 1, 3, 2, -1, 60000 }
  t:advance("20s")
  take({ 1, 3, 0, -1, 40000 }, 2)
  t:restart()
  take { 0, 3, 0, 40000, 40000 }
  take({ 0, 3, 0, -1, 40000 }, 4)
  t:advance(39999)
  take { 0, 3, 0, 1, 1 }
  t:advance(1)
  take { 1, 3, 2, -1, 60000 }
end)

test("knows its algorithms", function(t)
  t:err(t:cmd("ASO.ATTACH", "api", "std/ratelimit", "PARAM", "count", 1, "PARAM", "algorithm", "leaky"), "ASODENY algorithm is gcra, bucket or window")
end)

test("keeps nothing of keys that are not used", function(t)
  local function objects() return tonumber(t:cmd("INFO", "aso"):match("aso_objects:(%d+)")) end
  for _, algorithm in ipairs { "gcra", "bucket", "window" } do
    t:cmd("ASO.RULE", "SET", "api", "api:*", "std/ratelimit", "PARAM", "count", 10, "PARAM", "burst", 20, "PARAM", "algorithm", algorithm)
    for user = 1, 50 do t:cmd("ASO.CALL", "api:" .. user, "take") end
    t:eq(objects(), 50, algorithm)
    t:advance(50)
    t:eq(t:cmd("ASO.CALL", "api:1", "reset"), "OK")
    for i = 1, 20 do t:cmd("ASO.CALL", "api:1", "take") end
    t:advance(950)
    t:eq(objects(), 1, algorithm .. " in use")
    t:restart()
    t:advance("2s")
    t:eq(objects(), 0, algorithm)
  end
end)

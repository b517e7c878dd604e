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

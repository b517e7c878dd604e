local function begin(t)
  t:cmd("ASO.RULE", "SET", "places", "place:*", "std/smart-replicate")
  t:cmd("ASO.SET", "k", "v", "HANDLER", "std/smart-replicate", "PARAM", "copies", 3, "PARAM", "per_zone", 2,
    "PARAM", "places", "eu/place:1 eu/place:2 eu/place:3 us/place:4 us/place:5")
  t:advance(0)
end

test("sends as many copies as are missing, spread over the zones", function(t)
  begin(t)
  t:eq(t:cmd("DBSIZE"), 1, "it asks first")
  t:advance("1s")
  t:eq(t:cmd("MGET", "place:1", "place:2", "place:3", "place:4", "place:5"), { "v", "v", false, "v", false })
  t:eq(t:cmd("ASO.CALL", "k", "copies"), { "place:1", "place:2", "place:4" })
end)

test("replaces one that is lost, and nothing else", function(t)
  begin(t)
  t:advance("1s")
  t:cmd("DEL", "place:1")
  t:cmd("SET", "place:2", "mine")
  t:restart()
  t:advance("10m")
  t:eq(t:cmd("MGET", "place:1", "place:2", "place:3", "place:4", "place:5"), { "v", "mine", false, "v", false })
end)

test("tells who is near", function(t)
  t:cmd("ASO.ATTACH", "swarm", "std/rendezvous", "PARAM", "n", 3)
  t:cmd("HSET", "swarm", "far", "100 100 5", "near", "1 1 2", "high", "0 0 50", "mid", "10 0 3", "close", "0 1 1")
  t:eq(t:cmd("ASO.GET", "swarm", 0, 0, 0), { "close", "near", "mid" })
  t:eq(t:cmd("HDEL", "swarm", "close"), 1)
  t:eq(t:cmd("ASO.GET", "swarm", 0, 0, 0), { "near", "mid", "high" })
  t:err(t:cmd("HSET", "swarm", "x", "here"), 'ASODENY a place is "x y height"')
  t:err(t:cmd("ASO.GET", "swarm"), "ASODENY say where you are")
  t:eq(t:cmd("HGET", "swarm", "far"), "100 100 5")
end)

test("near peers are nearer than random ones", function(t)
  t:cmd("ASO.ATTACH", "swarm", "std/rendezvous", "PARAM", "n", 20)
  local seed = 11
  local function random(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % n
  end
  local where = {}
  for i = 1, 1000 do
    local x, y, h = random(200) - 100, random(200) - 100, random(10)
    where["p" .. i] = { x, y, h }
    t:cmd("HSET", "swarm", "p" .. i, ("%d %d %d"):format(x, y, h))
  end
  local function mean(names)
    local sum = 0
    for _, name in ipairs(names) do
      local p = where[name]
      sum = sum + math.sqrt(p[1] ^ 2 + p[2] ^ 2) + p[3]
    end
    return sum / #names
  end
  local near, any = t:cmd("ASO.GET", "swarm", 0, 0, 0), t:cmd("ASO.GET", "swarm", "random")
  t:eq(#near, 20)
  t:eq(#any, 20)
  t:ok(mean(near) * 2 < mean(any), mean(near) .. " and " .. mean(any))
end)

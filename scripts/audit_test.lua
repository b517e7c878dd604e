test("keeps who did what", function(t)
  t:eq(t:cmd("ASO.SET", "k", "v", "HANDLER", "std/audit", "PARAM", "keep", 3), "OK")
  t:eq(t:cmd("GET", "k"), "v")
  local first = t:now()
  t:advance("1s")
  t:eq(t:cmd("SET", "k", "w"), "OK")
  t:eq(t:cmd("STRLEN", "k"), 1)
  t:eq(t:cmd("ASO.CALL", "k", "trail"), {
    ("%d update set default 127.0.0.1:5000"):format(t:now()),
    ("%d get get default 127.0.0.1:5000"):format(first),
    ("%d put aso.set default 127.0.0.1:5000"):format(first),
  })
  for i = 1, 5 do t:cmd("GET", "k") end
  local trail = t:cmd("ASO.CALL", "k", "trail")
  t:eq(#trail, 3)
  t:ok(not table.concat(trail):find("update"), "the oldest entries go")
end)

test("a refused command leaves no entry", function(t)
  t:cmd("ASO.SET", "k", "v", "HANDLER", "std/audit")
  t:err(t:cmd("LPUSH", "k", "x"), "WRONGTYPE")
  t:err(t:cmd("INCR", "k"), "ERR value is not an integer")
  t:eq(#t:state("k").trail, 1)
end)

test("knows where copies went", function(t)
  t:cmd("ASO.SET", "k", "v", "HANDLER", "std/audit")
  t:eq(t:cmd("COPY", "k", "k2"), 1)
  t:eq(t:cmd("ASO.CALL", "k", "trail")[1], ("%d get copy default 127.0.0.1:5000 k2"):format(t:now()))
end)

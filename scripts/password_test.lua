local function begin(t)
  t:cmd("SET", "k", "gold")
  t:eq(t:cmd("ASO.ATTACH", "k", "std/password", "PARAM", "salt", "pepper", "PARAM", "hash", hash.sha256("peppersesame"), "PARAM", "tries", 3), 1)
end

test("shows its value to who knows the password", function(t)
  begin(t)
  t:eq(t:cmd("GET", "k"), nil)
  t:eq(t:cmd("ASO.GET", "k"), nil)
  t:eq(t:cmd("ASO.GET", "k", "open"), nil)
  t:eq(t:cmd("ASO.GET", "k", "sesame"), "gold")
  t:err(t:cmd("SET", "k", "lead"), "ASODENY protected by a password")
  t:eq(t:cmd("COPY", "k", "other"), 0)
end)

test("locks after wrong tries, also over a restart", function(t)
  begin(t)
  for i = 1, 2 do t:eq(t:cmd("ASO.GET", "k", "guess" .. i), nil) end
  t:eq(t:cmd("ASO.GET", "k", "sesame"), "gold", "which forgives the two")
  for i = 1, 3 do t:eq(t:cmd("ASO.GET", "k", "guess" .. i), nil) end
  t:restart()
  t:eq(t:cmd("ASO.GET", "k", "sesame"), nil)
  t:advance("1h")
  t:eq(t:cmd("ASO.GET", "k", "sesame"), "gold")
end)

-- escape: crash_effects
-- expect: any
for _, m in ipairs { "call", "expire", "expireat", "persist", "ttl", "delete", "timer", "cancel", "timers", "publish" } do for _, v in ipairs { 0/0, math.huge, -1, 2^60, ("x"):rep(5000), {}, { {} }, true, next, self, ev, cjson.null, deny("x") } do pcall(self[m], self, v) pcall(self[m], self, v, v) pcall(self[m], v) end end

#!lua name=hash
function onUpdate(self, ev)
  for i = 3, #ev.args, 2 do
    if not tonumber(ev.args[i]) then return deny("not a number") end
  end
  self:call("HSET", "updated", ev.now)
end

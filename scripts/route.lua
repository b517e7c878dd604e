#!lua name=std/route
-- A query that finds its own way: each object that does not have what is asked for passes the query on to the one that is nearer, and who has
-- it answers the one that asked, not those between. The Comet paper's recursive get.
-- next     the key to pass queries on to
-- ASO.CALL key ask name      OK; the answer is in the value of the object soon: "name = value" or "name: not found"
-- The value of a node is a hash of what it has.
-- Events: onMessage.

params = {
  next = { default = "" },
}

function onMessage(self, ev)
  if ev.message == "ask" then
    if self.params.next == "" then return deny("no way to ask") end
    self:send(self.params.next, "query", { ev.payload }, { reply = "found" })
    return { ok = "OK" }
  elseif ev.message == "found" then
    local answer = ev.payload or {}
    return self:call("HSET", answer[1] or "?", answer[2] or ev.error or "not found")
  elseif ev.message ~= "query" then
    return deny("unknown message: ask")
  end
  local name, asker = ev.payload[1], ev.payload[2] or ev.reply_to
  local value = self.type == "hash" and self:call("HGET", name)
  if value or self.params.next == "" then
    self:reply(asker, { name, value or nil })
  else
    self:send(self.params.next, "query", { name, asker })
  end
  return wait()
end

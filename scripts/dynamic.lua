#!lua name=std/dynamic
-- A text that is made when it is read: the value is a template in which {key}, {now} (Unix milliseconds), {reads}, {user}, {uuid} and
-- {rand} (a number below 1) are replaced. What stands in other braces is left as it is. ASO.GET key text also replaces {payload}.
-- Events: onGet.  State: reads.

function onGet(self, ev)
  if self.type ~= "string" then return end
  self.state.reads = (self.state.reads or 0) + 1
  local words = {
    key = self.key, now = ev.now, reads = self.state.reads, user = ev.user, uuid = uuid(), rand = rand(),
    payload = type(ev.payload) == "string" and ev.payload or nil,
  }
  return (self.value:gsub("{(%w+)}", words))
end

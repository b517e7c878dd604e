#!lua name=std/session
-- A session that ends after a while without use, and at the latest some time after it began. Plain SET, HSET, GET, HGETALL, ... of an
-- unmodified client keep it alive; no client has to call EXPIRE.
-- Events: onPut, onAttach, onUpdate, onGet.  State: ends, in Unix milliseconds.  Effects: sets the time to live.

params = {
  idle     = { type = "duration", default = 1800000, min = 1 },
  absolute = { type = "duration", default = 43200000, min = 1 },
}

local function touch(self, ev)
  self:expireat(math.min(ev.now + self.params.idle, self.state.ends))
end

function onPut(self, ev)
  self.state.ends = ev.now + self.params.absolute
  touch(self, ev)
end

function onAttach(self, ev)
  if self.type == "none" then return end
  self.state.ends = ev.now + self.params.absolute
  touch(self, ev)
end

function onUpdate(self, ev) touch(self, ev) end
function onGet(self, ev) touch(self, ev) end

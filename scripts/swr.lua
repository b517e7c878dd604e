#!lua name=std/swr
-- A cache entry that is served stale while one client fetches it anew (stale-while-revalidate, RFC 5861; "single flight"). For `fresh` after a
-- write everybody reads the value. Then one reader finds it missing, and is to write it again; the others read the stale value meanwhile. If
-- nothing is written for `flight`, the next reader gets its turn. After `fresh` and `stale` together the entry is gone.
-- Events: onPut, onUpdate, onGet.  State: fresh, flight (both Unix milliseconds).

params = {
  fresh  = { type = "duration", default = 60000, min = 1 },
  stale  = { type = "duration", default = 600000, min = 1 },
  flight = { type = "duration", default = 5000, min = 1 },
}

local function write(self, ev)
  self.state.fresh, self.state.flight = ev.now + self.params.fresh, nil
  self:expire(self.params.fresh + self.params.stale)
end

function onPut(self, ev) write(self, ev) end
function onUpdate(self, ev) write(self, ev) end

function onGet(self, ev)
  if ev.now < (self.state.fresh or 0) then return end
  if self.state.flight and ev.now < self.state.flight then return end
  self.state.flight = ev.now + self.params.flight
  return missing()
end

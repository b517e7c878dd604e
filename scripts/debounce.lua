#!lua name=std/debounce
-- Tells of changes when they have come to rest: after `quiet` without a write, or at the latest `max` after the first one, the value is
-- published on changed:KEY, once for all writes.
-- Events: onPut, onUpdate, onTimer.  State: first, when the first write came that nobody was told of.  Timer: quiet.

params = {
  quiet = { type = "duration", default = 1000, min = 1 },
  max   = { type = "duration", default = 10000, min = 1 },
}

local function wait(self, ev)
  self.state.first = self.state.first or ev.now
  self:timer("quiet", { at = math.min(ev.now + self.params.quiet, self.state.first + self.params.max) })
end

function onPut(self, ev) wait(self, ev) end
function onUpdate(self, ev) wait(self, ev) end

function onTimer(self, ev)
  self.state.first = nil
  local v = self.value
  self:publish("changed:" .. self.key, type(v) == "string" and v or cjson.encode(v))
end

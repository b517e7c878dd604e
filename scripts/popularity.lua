#!lua name=std/popularity
-- Counts the reads of an object, and how often it is read nowadays: the rate halves with each half-life that passes.
-- ASO.CALL key popularity   {reads, rate}; rate as {double}: reads that count fully when they are new
-- Events: onGet, onMessage.  State: reads, rate, at.

params = {
  halflife = { type = "duration", default = 3600000, min = 1 },
}

local function rate(self, ev)
  local passed = ev.now - (self.state.at or ev.now)
  return (self.state.rate or 0) * 0.5 ^ (passed / self.params.halflife)
end

function onGet(self, ev)
  self.state.reads = (self.state.reads or 0) + 1
  self.state.rate = rate(self, ev) + 1
  self.state.at = ev.now
end

function onMessage(self, ev)
  if ev.message ~= "popularity" then return deny("unknown message: popularity") end
  return { self.state.reads or 0, { double = rate(self, ev) } }
end

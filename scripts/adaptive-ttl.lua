#!lua name=std/adaptive-ttl
-- A cache entry that lives the longer the more it is read: its time to live starts at base and doubles with each doubling of reads, up to max.
-- A write starts over.
-- Events: onPut, onUpdate, onGet.  State: reads.

params = {
  base = { type = "duration", default = 60000, min = 1 },
  max  = { type = "duration", default = 86400000, min = 1 },
}

local function live(self)
  local doublings = math.floor(math.log(self.state.reads + 1) / math.log(2) + 1e-9)
  self:expire(math.min(self.params.base * 2 ^ doublings, self.params.max))
end

local function start(self)
  self.state.reads = 0
  live(self)
end

function onPut(self, ev) start(self) end
function onUpdate(self, ev) start(self) end

function onGet(self, ev)
  self.state.reads = (self.state.reads or 0) + 1
  live(self)
end

#!lua name=std/batch
-- Collects what is pushed to a list, and hands it on in batches: as soon as there are `size` elements, or `wait` after the first of them came,
-- the object `to` gets them as a message whose payload is an array, the oldest first. With "push" as the message, `to` can be a queue of std/delay.
-- Exactly once: an element is taken from the list in the unit that sends it.
-- Events: onPut, onUpdate, onTimer.  Timer: flush.  Attach by a rule: a list that is empty is gone, with what was attached to it.

params = {
  to      = {},
  message = { default = "batch" },
  size    = { type = "int", default = 100, min = 1, max = 1000 },
  wait    = { type = "duration", default = 1000, min = 1 },
}

local function hand(self)
  local batch = self:call("LPOP", self.params.size)
  if batch then self:send(self.params.to, self.params.message, batch) end
end

local function collect(self)
  if self.type ~= "list" then return deny("only lists can be batched") end
  for _ = 1, 8 do -- at most as many messages as a run may send
    if self.type == "none" or self:call("LLEN") < self.params.size then break end
    hand(self)
  end
  if self.type ~= "none" and #self:timers() == 0 then self:timer("flush", { in_ms = self.params.wait }) end
end

function onPut(self, ev) return collect(self) end
function onUpdate(self, ev) return collect(self) end

function onTimer(self, ev)
  if self.type ~= "list" then return end
  hand(self)
  if self.type == "list" then self:timer("flush", { in_ms = self.params.wait }) end
end

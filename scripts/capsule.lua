#!lua name=std/capsule
-- A time capsule: the value is sealed until a moment, and cannot be read or changed before.
-- A reader who comes too early is told when it opens, or, with quiet, finds nothing.
-- When it opens, its key is published on the channel capsule:open.
-- Events: onPut, onAttach, onUpdate, onGet, onTimer.  State: opens, in Unix milliseconds.  Timer: open.

params = {
  after = { type = "duration", min = 1 },
  quiet = { type = "bool", default = false },
}

local function seal(self, ev)
  self.state.opens = ev.now + self.params.after
  self:timer("open", { at = self.state.opens })
end

function onPut(self, ev) seal(self, ev) end

function onAttach(self, ev)
  if self.type ~= "none" then seal(self, ev) end
end

function onUpdate(self, ev)
  if ev.now < self.state.opens then return deny("sealed until " .. self.state.opens) end
end

function onGet(self, ev)
  if ev.now >= self.state.opens then return end
  if self.params.quiet then return missing() end
  return deny("sealed until " .. self.state.opens)
end

function onTimer(self, ev)
  self:publish("capsule:open", self.key)
end

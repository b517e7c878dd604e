#!lua name=std/replicate
-- Keeps copies of a string under other keys: KEY:copy:1 to KEY:copy:n. A copy that is lost or changed comes back within `every`.
-- The Comet paper's simple replication: no questions asked, each copy is sent each time.
-- Give the handler to the copies, too, by a rule on *:copy:*.
-- Events: onPut, onUpdate, onDelete, onExpire, onTimer, onMessage.  Timer: copy.

params = {
  copies = { type = "int", default = 3, min = 1, max = 16 },
  every  = { type = "duration", default = 600000, min = 1000 },
}

local function copies(self, message, payload)
  if self.key:find(":copy:%d+$") then return end -- is one
  for i = 1, self.params.copies do self:send(self.key .. ":copy:" .. i, message, payload) end
end

local function copy(self)
  copies(self, "copy", self.value)
  if not self.key:find(":copy:%d+$") then self:timer("copy", { every = self.params.every }) end
end

function onPut(self, ev) copy(self) end
function onUpdate(self, ev) copy(self) end
function onDelete(self, ev) copies(self, "drop") end
function onExpire(self, ev) copies(self, "drop") end
function onTimer(self, ev) copies(self, "copy", self.value) end

function onMessage(self, ev)
  if ev.message == "copy" then return self:call("SET", ev.payload) end
  if ev.message == "drop" then return self:delete() end
  return deny("unknown message")
end

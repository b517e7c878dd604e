#!lua name=std/pubsub
-- A value that is sent to those who asked for it: objects subscribe, and each write of the topic sets their values, too, also of those that
-- were never written. Subscribers can be topics themselves; the value runs down a tree in which nobody sends more than eight messages.
-- ASO.CALL topic subscribe key ...     number of subscribers; ASO.CALL topic leave key ...
-- ASO.CALL copy read                   the value; a copy with a `source` subscribes there the first time it is asked, and has it soon
-- ASO.CALL topic subscribers           keys
-- source   key of the topic that a copy belongs to; unread for `idle`, the copy leaves it and is empty again
-- Events: onPut, onUpdate, onMessage, onTimer.  State: subscribers, on (subscribed to the source).  Timer: idle.

params = {
  source = { default = "" },
  idle   = { type = "duration", default = 3600000, min = 1 },
}

local fan = 8

-- tell sends the value down: to eight, each of which passes it to its share of the rest.
local function tell(self, value, keys)
  for i = 1, math.min(fan, #keys) do
    local rest = {}
    for k = i + fan, #keys, fan do rest[#rest + 1] = keys[k] end
    self:send(keys[i], "update", { value, rest })
  end
end

local function changed(self)
  if self.type ~= "string" then return deny("a topic is a string") end
  tell(self, self.value, self.state.subscribers or {})
end

local function change(self, ev, add)
  local seen, list = {}, {}
  for _, key in ipairs(type(ev.payload) == "table" and ev.payload or { ev.payload }) do seen[key] = true end
  for _, key in ipairs(self.state.subscribers or {}) do
    if not seen[key] then list[#list + 1] = key end
  end
  if add then
    for key in pairs(seen) do list[#list + 1] = key end
    table.sort(list)
    if self.type == "string" then
      for key in pairs(seen) do self:send(key, "update", { self.value, {} }) end
    end
  end
  self.state.subscribers = list
  return #list
end

local function read(self)
  if self.params.source ~= "" then
    if not self.state.on then self:send(self.params.source, "subscribe", self.key) end
    self.state.on = true
    self:timer("idle", { in_ms = self.params.idle })
  end
  if self.type == "string" then return self.value end
end

function onPut(self, ev) return changed(self) end
function onUpdate(self, ev) return changed(self) end

function onMessage(self, ev)
  if ev.message == "update" then
    self:call("SET", ev.payload[1])
    local all = {}
    for _, key in ipairs(ev.payload[2]) do all[#all + 1] = key end
    for _, key in ipairs(self.state.subscribers or {}) do all[#all + 1] = key end
    return tell(self, ev.payload[1], all)
  end
  if ev.message == "subscribe" then return change(self, ev, true) end
  if ev.message == "leave" then return change(self, ev, false) end
  if ev.message == "read" then return read(self) end
  if ev.message == "subscribers" then return self.state.subscribers or {} end
  return deny("unknown message: subscribe, leave, read or subscribers")
end

function onTimer(self, ev)
  if #(self.state.subscribers or {}) > 0 then return self:timer("idle", { in_ms = self.params.idle }) end
  self:send(self.params.source, "leave", self.key)
  self.state.on = nil
  if self.type == "string" then self:delete() end
end

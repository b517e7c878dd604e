#!lua name=std/smart-replicate
-- Keeps enough copies of a string, and no more messages than that takes: now and then it asks the keys where copies may be who has one, leaves out
-- those of a zone that has enough, and sends to as many others as are missing. The Comet paper's smart replication.
-- places   keys where copies may be, as zone/key, separated by spaces: eu/a:1 eu/a:2 us/b:1; the keys need the handler, too, by a rule
-- copies   how many are wanted; per_zone how many at most in one zone
-- ASO.CALL key copies   keys that had a copy at the last count
-- Events: onPut, onAttach, onTimer, onMessage.  State: have.  Timers: ask, decide.

params = {
  places   = { default = "" },
  copies   = { type = "int", default = 2, min = 1, max = 15 },
  per_zone = { type = "int", default = 1, min = 1 },
  every    = { type = "duration", default = 600000, min = 1000 },
  patience = { type = "duration", default = 100, min = 1 },
}

local function ask(self)
  self.state.have = {}
  for _, key in self.params.places:gmatch("([^/%s]+)/(%S+)") do self:send(key, "have?", nil, { reply = "have" }) end
  self:timer("decide", { in_ms = self.params.patience })
end

-- decide sends copies to places that have none, until there are enough, by zone and in all.
local function decide(self)
  local have, zones, n = self.state.have or {}, {}, 0
  for zone, key in self.params.places:gmatch("([^/%s]+)/(%S+)") do
    if have[key] then zones[zone], n = (zones[zone] or 0) + 1, n + 1 end
  end
  for zone, key in self.params.places:gmatch("([^/%s]+)/(%S+)") do
    if n >= self.params.copies then break end
    if not have[key] and (zones[zone] or 0) < self.params.per_zone then
      self:send(key, "copy", self.value)
      have[key], zones[zone], n = true, (zones[zone] or 0) + 1, n + 1
    end
  end
  self.state.have = have
end

local function begin(self)
  if self.params.places == "" or self.type ~= "string" then return end
  self:timer("ask", { every = self.params.every })
  ask(self)
end

function onPut(self, ev) begin(self) end
function onAttach(self, ev) begin(self) end

function onTimer(self, ev)
  if self.type ~= "string" then return end
  if ev.timer == "ask" then ask(self) else decide(self) end
end

function onMessage(self, ev)
  local state = self.state
  if ev.message == "have?" then return self.type == "string" end
  if ev.message == "copy" then return self:call("SET", ev.payload) end
  if ev.message == "have" then
    if ev.payload == true then
      local have = state.have or {}
      have[ev.from] = true
      state.have = have
    end
    return
  end
  if ev.message ~= "copies" then return deny("unknown message: copies") end
  local keys = {}
  for key in pairs(state.have or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

#!lua name=std/vanish-share
-- A share of a secret that vanishes (Geambasu et al., Vanish, 2009): it can be read only until its lifetime is over, by so many readers, and
-- it remembers who they were. Nothing prolongs its life. Split the secret with Shamir's scheme in the client, and put each share under a key of its own.
-- places, copies   at most 16 keys where copies may be, separated by spaces, which need the handler by a rule; now and then the share asks which of them have one, and
--                  sends only what is missing to `copies` (threshold replication). A copy has readers of its own, and the end of the share
-- ASO.CALL key trail   "time user address" of each reader
-- Events: onPut, onAttach, onUpdate, onGet, onTimer, onMessage.  State: ends (Unix milliseconds), trail, have.  Timers: ask, decide.

params = {
  lifetime = { type = "duration", default = 28800000, min = 1 },
  readers  = { type = "int", default = 100, min = 1, max = 400 },
  places   = { default = "" },
  copies   = { type = "int", default = 1, min = 1, max = 15 },
  every    = { type = "duration", default = 1800000, min = 1000 },
  patience = { type = "duration", default = 100, min = 1 },
}

local function places(self) return self.params.places:gmatch("%S+") end

-- ask asks the other places who has a copy; decide counts the answers.
local function ask(self)
  self.state.have = {}
  for key in places(self) do
    if key ~= self.key then self:send(key, "have?", nil, { reply = "have" }) end
  end
  self:timer("decide", { in_ms = self.params.patience })
end

local function decide(self)
  local have, n = self.state.have or {}, 0
  for _ in pairs(have) do n = n + 1 end
  for key in places(self) do
    if n >= self.params.copies then break end
    if key ~= self.key and not have[key] then
      self:send(key, "copy", { self.value, self.state.ends })
      n = n + 1
    end
  end
  self.state.have = nil
end

local function begin(self, ends)
  self.state.ends, self.state.trail = ends, {}
  self:expireat(ends)
end

local function create(self, ev)
  begin(self, ev.now + self.params.lifetime)
  if self.params.places == "" or self.type ~= "string" then return end
  self:timer("ask", { every = self.params.every })
  ask(self)
end

function onPut(self, ev) create(self, ev) end

function onAttach(self, ev)
  if self.type ~= "none" then create(self, ev) end
end

function onUpdate(self, ev) return deny("a share is written once, and its lifetime is fixed") end

function onGet(self, ev)
  local trail = self.state.trail
  trail[#trail + 1] = ("%d %s %s"):format(ev.now, ev.user or "-", ev.addr or "-")
  self.state.trail = trail
  if #trail >= self.params.readers then self:delete() end
end

function onTimer(self, ev)
  if self.type ~= "string" then
    self:cancel("ask")
  elseif ev.timer == "ask" then
    ask(self)
  else
    decide(self)
  end
end

function onMessage(self, ev)
  if ev.message == "trail" then return self.state.trail or {} end
  if ev.message == "have?" then return self.type ~= "none" end
  if ev.message == "have" then
    if ev.payload == true and self.state.have then self.state.have[ev.from] = true end
    return
  end
  if ev.message ~= "copy" then return deny("unknown message: trail") end
  if self.type ~= "none" or ev.payload[2] <= ev.now then return end
  self:call("SET", ev.payload[1])
  begin(self, ev.payload[2])
end

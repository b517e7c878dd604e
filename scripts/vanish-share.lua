#!lua name=std/vanish-share
-- A share of a secret that vanishes (Geambasu et al., Vanish, 2009): it can be read only until its lifetime is over, by so many readers, and
-- it remembers who they were. Nothing prolongs its life. Split the secret with Shamir's scheme in the client, and put each share under a key of its own.
-- ASO.CALL key trail   "time user address" of each reader
-- Events: onPut, onAttach, onUpdate, onGet, onMessage.  State: ends (Unix milliseconds), trail.

params = {
  lifetime = { type = "duration", default = 28800000, min = 1 },
  readers  = { type = "int", default = 100, min = 1, max = 400 },
}

local function begin(self, ev)
  self.state.ends, self.state.trail = ev.now + self.params.lifetime, {}
  self:expireat(self.state.ends)
end

function onPut(self, ev) begin(self, ev) end

function onAttach(self, ev)
  if self.type ~= "none" then begin(self, ev) end
end

function onUpdate(self, ev) return deny("a share is written once, and its lifetime is fixed") end

function onGet(self, ev)
  local trail = self.state.trail
  trail[#trail + 1] = ("%d %s %s"):format(ev.now, ev.user or "-", ev.addr or "-")
  self.state.trail = trail
  if #trail >= self.params.readers then self:delete() end
end

function onMessage(self, ev)
  if ev.message ~= "trail" then return deny("unknown message: trail") end
  return self.state.trail or {}
end

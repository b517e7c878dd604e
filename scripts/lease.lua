#!lua name=std/lease
-- A lock with a term and a fencing token. Tokens only grow: what the lock protects refuses a token lower than one it has seen, so that a
-- holder who slept through the end of its term does no harm.
-- ASO.CALL key acquire owner [hold] [patience]   {token, hold}: owner has the lock for hold ms. Otherwise it waits in line for up to
--                                                patience ms (0 by default: not at all), and gets null if that was not long enough
-- ASO.CALL key renew token [hold]                1, or 0: the term is over
-- ASO.CALL key release token                     1, or 0: the term is over
-- ASO.CALL key holder                            {owner, token, ms left}, or null
-- Events: onMessage, onTimer.  State: token, owner, ends, line.  Timer: end.

params = {
  hold = { type = "duration", default = 30000, min = 1 },
}

local function grant(self, ev, owner, hold)
  local s = self.state
  s.token, s.owner, s.ends = (s.token or 0) + 1, owner, ev.now + hold
  self:timer("end", { at = s.ends })
  return { s.token, hold }
end

-- pass gives the lock to the first in line whose client still waits.
local function pass(self, ev)
  local s, line = self.state, self.state.line or {}
  s.owner, s.ends = nil, nil
  self:cancel("end")
  while line[1] and not s.owner do
    local next = table.remove(line, 1)
    if ev.now < next[4] and self:reply(next[3], { (s.token or 0) + 1, next[2] }) then grant(self, ev, next[1], next[2]) end
  end
  s.line = line[1] and line or nil
end

local function holds(self, ev, token)
  return self.state.owner and tonumber(token) == self.state.token and ev.now < self.state.ends
end

local function acquire(self, ev, owner, hold, patience)
  if not (owner and hold and patience) or hold < 1 then return deny("acquire owner [hold] [patience]") end
  if not self.state.owner then return grant(self, ev, owner, hold) end
  if patience <= 0 then return nil end
  local line = self.state.line or {}
  if #line >= 100 then return deny("100 wait already") end
  line[#line + 1] = { owner, hold, ev.reply_to, ev.now + patience }
  self.state.line = line
  return wait(patience)
end

function onMessage(self, ev)
  local args, s = type(ev.payload) == "table" and ev.payload or { ev.payload }, self.state
  if ev.message == "acquire" then
    return acquire(self, ev, args[1], tonumber(args[2] or self.params.hold), tonumber(args[3] or 0))
  elseif ev.message == "holder" then
    return s.owner and { s.owner, s.token, s.ends - ev.now }
  elseif ev.message == "renew" then
    local hold = tonumber(args[2] or self.params.hold)
    if not hold or not holds(self, ev, args[1]) then return 0 end
    s.ends = ev.now + hold
    self:timer("end", { at = s.ends })
    return 1
  elseif ev.message == "release" then
    if not holds(self, ev, args[1]) then return 0 end
    pass(self, ev)
    return 1
  end
  return deny("unknown message: acquire, renew, release or holder")
end

function onTimer(self, ev) pass(self, ev) end

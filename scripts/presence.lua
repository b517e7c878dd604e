#!lua name=std/presence
-- Who is here: members that have not been heard of for a while are gone. The value is a sorted set of members, by the time (Unix
-- milliseconds) until which they count as present, so that ZCARD, ZRANGE and ZSCORE tell who is there.
-- ASO.CALL key beat member ...   number of those that are new; member is present for another `idle`
-- ASO.CALL key leave member ...  number of those that were present
-- Who comes and goes is published on presence:KEY as "join a b" and "leave a b".
-- Attach by a rule, such as on room:*: a room that is empty is gone, with what was attached to it.
-- Events: onMessage, onTimer.  Timer: sweep.

params = {
  idle = { type = "duration", default = 30000, min = 1 },
}

local function tell(self, what, members)
  if #members > 0 then self:publish("presence:" .. self.key, what .. " " .. table.concat(members, " ")) end
end

local function beat(self, ev, members)
  local new = {}
  for _, member in ipairs(members) do
    if self:call("ZADD", ev.now + self.params.idle, member) == 1 then new[#new + 1] = member end
  end
  tell(self, "join", new)
  local due = self:call("ZRANGE", 0, 0, "WITHSCORES")[1]
  self:timer("sweep", { at = due[2] })
  return #new
end

local function leave(self, members)
  local gone = {}
  for _, member in ipairs(members) do
    if self:call("ZREM", member) == 1 then gone[#gone + 1] = member end
  end
  tell(self, "leave", gone)
  return #gone
end

function onMessage(self, ev)
  local members = type(ev.payload) == "table" and ev.payload or { ev.payload }
  if #members == 0 then return deny("who?") end
  if ev.message == "beat" then return beat(self, ev, members) end
  if ev.message == "leave" then return leave(self, members) end
  return deny("unknown message: beat or leave, and members")
end

function onTimer(self, ev)
  leave(self, self:call("ZRANGEBYSCORE", "-inf", ev.now))
  local due = self:call("ZRANGE", 0, 0, "WITHSCORES")[1]
  if due then self:timer("sweep", { at = due[2] }) end
end

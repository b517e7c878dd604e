#!lua name=std/quota
-- A counter that may reach its limit and begins anew each hour, day or month of a calendar: INCR, INCRBY and GET as on any counter.
-- limit    the highest count; beyond it the command is refused
-- reset    a cron expression, by default midnight; tz the time zone it is meant in
-- Events: onPut, onUpdate, onTimer.  Timer: reset.

params = {
  limit = { type = "int", min = 1 },
  reset = { default = "0 0 * * *" },
  tz    = { default = "UTC" },
}

local function check(self)
  local n = tonumber(self.value)
  if not n then return deny("a quota is a number") end
  if n > self.params.limit then return deny("the quota of " .. self.params.limit .. " is used up") end
end

function onPut(self, ev)
  self:timer("reset", { cron = self.params.reset, tz = self.params.tz })
  return check(self)
end

function onUpdate(self, ev) return check(self) end

function onTimer(self, ev)
  if self.type == "string" then self:call("SET", 0) end
end

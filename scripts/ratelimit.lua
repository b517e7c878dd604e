#!lua name=std/ratelimit
-- A rate limiter that needs one round trip: the generic cell rate algorithm (GCRA), as redis-cell has it.
-- It lets `count` requests through in each `period`, and `burst` more at once.
-- ASO.CALL key take [n]  replies {allowed 0|1, limit, remaining, retry after, time to full}; times in milliseconds, retry after is
--                        -1 if the request may go on.  n is 1 by default; 0 looks without taking.
-- ASO.CALL key reset     forgets all requests; replies OK.
-- Events: onMessage.  State: tat, the theoretical arrival time.

params = {
  count  = { type = "int", min = 1, max = 1000000000 },
  period = { type = "duration", default = 1000, min = 1 },
  burst  = { type = "int", default = 0, min = 0, max = 1000000000 },
}

local function take(self, now, n)
  local interval = self.params.period / self.params.count
  local tolerance = interval * (self.params.burst + 1)
  local tat = math.max(self.state.tat or now, now)
  local next = tat + interval * n
  local early = next - tolerance - now
  local allowed = early <= 0
  local retry = -1
  if allowed then
    if n > 0 then self.state.tat = next end
    tat = next
  elseif interval * n <= tolerance then
    retry = math.ceil(early)
  end
  local full = tat - now
  local remaining = math.floor((tolerance - full) / interval)
  return { allowed and 1 or 0, self.params.burst + 1, math.max(remaining, 0), retry, math.ceil(full) }
end

function onMessage(self, ev)
  if ev.message == "take" then
    local n = tonumber(ev.payload or 1)
    if not n or n < 0 or n ~= math.floor(n) then return deny("take needs a number of requests") end
    return take(self, ev.now, n)
  elseif ev.message == "reset" then
    self.state.tat = nil
    return { ok = "OK" }
  end
  return deny("unknown message: take [n] or reset")
end

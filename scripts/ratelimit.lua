#!lua name=std/ratelimit
-- A rate limiter that needs one round trip, by one of three algorithms:
-- gcra    `count` requests in each `period`, evenly, and `burst` more at once: the generic cell rate algorithm, as redis-cell has it
-- bucket  a bucket of `count` and `burst` tokens, full at first, into which `count` drip in each `period`, evenly: the token bucket
-- window  `count` and `burst` requests in each window of `period`, which begins with its first request: the fixed window
-- ASO.CALL key take [n]  replies {allowed 0|1, limit, remaining, retry after, time to full}; times in milliseconds, retry after is
--                        -1 if the request may go on or never can.  n is 1 by default; 0 looks without taking.
-- ASO.CALL key reset     forgets all requests; replies OK.
-- Events: onAttach, onMessage, onTimer.  State: tat, the theoretical arrival time; of windows ends and used.  Timer: full, which forgets what counts
-- no more, so that a rule over many keys keeps only those in use.

params = {
  count     = { type = "int", min = 1, max = 1000000000 },
  period    = { type = "duration", default = 1000, min = 1 },
  burst     = { type = "int", default = 0, min = 0, max = 1000000000 },
  algorithm = { default = "gcra", doc = "gcra, bucket or window" },
}

local function reply(allowed, limit, remaining, retry, full)
  return { allowed and 1 or 0, limit, math.max(remaining, 0), retry, math.ceil(full) }
end

-- drip takes n of `limit` requests that may come at once, one of which is free again after each interval.
local function drip(self, now, n, limit)
  local interval = self.params.period / self.params.count
  local tolerance = interval * limit
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
  return reply(allowed, limit, math.floor((tolerance - full) / interval), retry, full)
end

-- window takes n of `limit` requests of the running window.
local function window(self, now, n, limit)
  local ends, used = self.state.ends or 0, self.state.used or 0
  if ends <= now then ends, used = now + self.params.period, 0 end
  local allowed, retry = used + n <= limit, -1
  if allowed then
    used = used + n
    if n > 0 then self.state.ends, self.state.used = ends, used end
  elseif n <= limit then
    retry = ends - now
  end
  return reply(allowed, limit, limit - used, retry, used > 0 and ends - now or 0)
end

local function take(self, now, n)
  local fresh, r = not (self.state.tat or self.state.ends)
  if self.params.algorithm == "window" then
    r = window(self, now, n, self.params.count + self.params.burst)
  elseif self.params.algorithm == "bucket" then
    r = drip(self, now, n, self.params.count + self.params.burst)
  else
    r = drip(self, now, n, 1 + self.params.burst)
  end
  if fresh and r[5] > 0 then self:timer("full", { in_ms = r[5] }) end
  return r
end

local function forget(self) self.state.tat, self.state.ends, self.state.used = nil, nil, nil end

function onAttach(self, ev)
  local a = self.params.algorithm
  if a ~= "gcra" and a ~= "bucket" and a ~= "window" then return deny("algorithm is gcra, bucket or window") end
end

function onMessage(self, ev)
  if ev.message == "take" then
    local n = tonumber(ev.payload or 1)
    if not n or n < 0 or n ~= math.floor(n) then return deny("take needs a number of requests") end
    return take(self, ev.now, n)
  elseif ev.message == "reset" then
    forget(self)
    self:cancel("full")
    return { ok = "OK" }
  end
  return deny("unknown message: take [n] or reset")
end

function onTimer(self, ev)
  local full = math.ceil(self.state.tat or self.state.ends or 0)
  if full > ev.now then return self:timer("full", { at = full }) end
  forget(self)
end

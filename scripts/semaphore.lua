#!lua name=std/semaphore
-- Permits for a number of holders. One that is not renewed comes back by itself.
-- ASO.CALL key acquire id [ms]  1 if id holds a permit now, for ms (hold by default); again renews it.  0 if there is none
-- ASO.CALL key release id       1, or 0 if id holds none
-- ASO.CALL key holders          ids
-- Events: onMessage, onTimer.  State: holders, by id the Unix milliseconds until which each holds its permit.  Timer: end, which forgets those whose
-- time is over.

params = {
  permits = { type = "int", default = 1, min = 1, max = 1000 },
  hold    = { type = "duration", default = 30000, min = 1 },
}

-- holders returns those whose time is not over, and their number.
local function holders(self, ev)
  local alive, n = {}, 0
  for id, ends in pairs(self.state.holders or {}) do
    if ends > ev.now then alive[id], n = ends, n + 1 end
  end
  return alive, n
end

-- keep makes alive the holders, and looks at them again when the first one's time is over.
local function keep(self, alive)
  local first
  for _, ends in pairs(alive) do first = math.min(first or ends, ends) end
  self.state.holders = first and alive
  if first then self:timer("end", { at = first }) else self:cancel("end") end
end

local function acquire(self, ev, id, ms)
  local alive, n = holders(self, ev)
  if not alive[id] and n >= self.params.permits then return 0 end
  alive[id] = ev.now + ms
  keep(self, alive)
  return 1
end

local function release(self, ev, id)
  local alive = holders(self, ev)
  local held = alive[id] and 1 or 0
  alive[id] = nil
  keep(self, alive)
  return held
end

function onMessage(self, ev)
  local args = type(ev.payload) == "table" and ev.payload or { ev.payload }
  if ev.message == "holders" then
    local ids = {}
    for id in pairs((holders(self, ev))) do ids[#ids + 1] = id end
    table.sort(ids)
    return ids
  end
  local ms = tonumber(args[2] or self.params.hold)
  if not args[1] or not ms or ms < 1 then return deny("acquire id [ms], release id or holders") end
  if ev.message == "acquire" then return acquire(self, ev, args[1], ms) end
  if ev.message == "release" then return release(self, ev, args[1]) end
  return deny("unknown message: acquire id [ms], release id or holders")
end

function onTimer(self, ev) keep(self, (holders(self, ev))) end

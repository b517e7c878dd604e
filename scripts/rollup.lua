#!lua name=std/rollup
-- A counter that remembers how it grew: INCR and INCRBY as on any counter; the growth of each interval is kept.
-- ASO.CALL key series [n]   the newest n intervals (all by default), the newest first: {begin, growth}, begin in Unix milliseconds
-- interval  length of one, such as 1m; keep  how many are kept
-- Events: onPut, onUpdate, onMessage.  State: buckets.

params = {
  interval = { type = "duration", default = 60000, min = 1 },
  keep     = { type = "int", default = 60, min = 1, max = 1000 },
}

local function grow(self, ev, by)
  if not by then return deny("a rollup is a number") end
  local begin = ev.now - ev.now % self.params.interval
  local buckets = self.state.buckets or {}
  local last = buckets[#buckets]
  if last and last[1] == begin then
    last[2] = last[2] + by
  else
    buckets[#buckets + 1] = { begin, by }
    if #buckets > self.params.keep then table.remove(buckets, 1) end
  end
  self.state.buckets = buckets
end

function onPut(self, ev) return grow(self, ev, tonumber(ev.new)) end

function onUpdate(self, ev)
  local new, old = tonumber(ev.new), tonumber(ev.old)
  return grow(self, ev, new and new - (old or 0))
end

function onMessage(self, ev)
  if ev.message ~= "series" then return deny("unknown message: series [n]") end
  local buckets, series = self.state.buckets or {}, {}
  for i = #buckets, math.max(1, #buckets - (tonumber(ev.payload) or #buckets) + 1), -1 do
    series[#series + 1] = buckets[i]
  end
  return series
end

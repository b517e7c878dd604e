#!lua name=std/lifetime
-- Which peers are alive, seen over time: each `every` it asks its peers, and notes who answers; the ones that are asked note who asked.
-- A peer that is probed from outside only (a key with the handler and no peers of its own) is the paper's baseline.
-- ASO.CALL key seen   {peer, first, last, times} of each, in the order of their names; times in Unix milliseconds
-- peers    keys, separated by spaces
-- Events: onAttach, onTimer, onMessage.  State: seen.  Timer: probe.

params = {
  peers = { default = "" },
  every = { type = "duration", default = 60000, min = 1000 },
}

local function saw(self, ev)
  local seen = self.state.seen or {}
  local s = seen[ev.from] or { ev.now, ev.now, 0 }
  s[2], s[3] = ev.now, s[3] + 1
  seen[ev.from] = s
  self.state.seen = seen
end

function onAttach(self, ev)
  if self.params.peers ~= "" then self:timer("probe", { every = self.params.every }) end
end

function onTimer(self, ev)
  for peer in self.params.peers:gmatch("%S+") do self:send(peer, "probe", nil, { reply = "alive" }) end
end

function onMessage(self, ev)
  if ev.message == "probe" then
    saw(self, ev)
    return true
  elseif ev.message == "alive" then
    if not ev.error then saw(self, ev) end
    return
  elseif ev.message ~= "seen" then
    return deny("unknown message: seen")
  end
  local list = {}
  for peer, s in pairs(self.state.seen or {}) do list[#list + 1] = { peer, s[1], s[2], s[3] } end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

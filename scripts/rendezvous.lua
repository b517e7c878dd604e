#!lua name=std/rendezvous
-- A tracker that knows who is near: the value is a hash of peers and their network coordinates (Vivaldi: x, y and height, in milliseconds),
-- which each peer writes itself with HSET. ASO.GET tells the peers that are nearest to a place, or random ones.
-- HSET key peer "x y height"       a peer joins or moves; HDEL: it leaves
-- ASO.GET key x y height           the names of the nearest `n` peers, the nearest first
-- ASO.GET key random               n random ones, the baseline
-- Plain reads show the hash. All peers are looked at: 1 500 stay within the default limit of memory.
-- Events: onPut, onUpdate, onGet.

params = {
  n = { type = "int", default = 20, min = 1, max = 100 },
}

local number = "%-?%d+%.?%d*"
local place = "^(" .. number .. ") (" .. number .. ") (" .. number .. ")$"

local function check(self, ev)
  for i = 3, #ev.args, 2 do
    if ev.cmd == "hset" and not ev.args[i]:find(place) then return deny('a place is "x y height"') end
  end
end

function onPut(self, ev) return check(self, ev) end
function onUpdate(self, ev) return check(self, ev) end

local function random(peers, n)
  local names = {}
  for peer in pairs(peers) do names[#names + 1] = peer end
  table.sort(names)
  for i = 1, math.min(n, #names) do
    local k = i + math.floor(rand() * (#names - i + 1))
    names[i], names[k] = names[k], names[i]
  end
  for i = n + 1, #names do names[i] = nil end
  return names
end

-- nearest keeps the n best in order: most peers are farther than the last of them, and cost no more than their distance.
local function nearest(peers, n, x, y, h)
  local names, ways = {}, {}
  for peer, where in pairs(peers) do
    local px, py, ph = where:match(place)
    local way = math.sqrt((px - x) ^ 2 + (py - y) ^ 2) + ph + h
    local i = #ways
    if i < n or way < ways[n] then
      while i > 0 and (ways[i] > way or ways[i] == way and names[i] > peer) do
        ways[i + 1], names[i + 1] = ways[i], names[i]
        i = i - 1
      end
      ways[i + 1], names[i + 1] = way, peer
      ways[n + 1], names[n + 1] = nil, nil
    end
  end
  return names
end

function onGet(self, ev)
  if ev.cmd ~= "aso.get" or self.type ~= "hash" then return end
  local p = ev.payload
  if p == "random" then return random(self.value, self.params.n) end
  local x, y, h = tonumber(p and p[1]), tonumber(p and p[2]), tonumber(p and p[3])
  if not (x and y and h) then return deny("say where you are: x y height, or random") end
  return nearest(self.value, self.params.n, x, y, h)
end

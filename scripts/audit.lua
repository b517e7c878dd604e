#!lua name=std/audit
-- A trail of who read and who changed an object, kept with it.
-- ASO.CALL key trail  replies the newest entries, the newest first: "time event command user address", time in Unix milliseconds; of COPY also
--                     the key that got the copy.
-- Events: onPut, onUpdate, onGet, onMessage.  State: trail.
-- The trail dies with the object; a refused or failed command leaves no entry.

params = {
  keep = { type = "int", default = 100, min = 1, max = 400 },
}

local function note(self, ev, event)
  local trail = self.state.trail or {}
  local entry = string.format("%d %s %s %s %s", ev.now, event, ev.cmd or "-", ev.user or "-", ev.addr or "-")
  if event == "get" and ev.cmd == "copy" then entry = entry .. " " .. ev.args[2] end
  table.insert(trail, entry)
  while #trail > self.params.keep do table.remove(trail, 1) end
  self.state.trail = trail
end

function onPut(self, ev) note(self, ev, "put") end
function onUpdate(self, ev) note(self, ev, "update") end
function onGet(self, ev) note(self, ev, "get") end

function onMessage(self, ev)
  if ev.message ~= "trail" then return deny("unknown message: trail") end
  local newest = {}
  for i = #(self.state.trail or {}), 1, -1 do
    newest[#newest + 1] = self.state.trail[i]
  end
  return newest
end

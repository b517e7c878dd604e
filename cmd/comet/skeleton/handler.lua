#!lua name=skeleton
-- A value that refuses to grow longer than max bytes, and tells how often it was written.
-- ASO.CALL key writes  replies the number of writes.
-- Events: onPut, onUpdate, onMessage.  State: writes.

params = {
  max = { type = "int", default = 100, min = 1, doc = "bytes" },
}

local function judge(self, ev)
  if #ev.new > self.params.max then return deny("more than " .. self.params.max .. " bytes") end
  self.state.writes = (self.state.writes or 0) + 1
end

function onPut(self, ev) return judge(self, ev) end
function onUpdate(self, ev) return judge(self, ev) end

function onMessage(self, ev)
  if ev.message ~= "writes" then return deny("unknown message: writes") end
  return self.state.writes or 0
end

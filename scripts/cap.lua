#!lua name=std/cap
-- A collection that never holds more than max elements. What is too old makes room: a list loses elements at the other end than the one
-- pushed to, a sorted set those of the lowest scores, a set any. A hash refuses a new field, because its fields have no age; a string
-- refuses to grow beyond max bytes.
-- Events: onPut, onUpdate.

params = {
  max = { type = "int", min = 1, max = 1000000000 },
}

local function cap(self, ev)
  local max = self.params.max
  if self.type == "list" then
    if ev.cmd:sub(1, 1) == "r" then self:call("LTRIM", -max, -1) else self:call("LTRIM", 0, max - 1) end
  elseif self.type == "zset" then
    self:call("ZREMRANGEBYRANK", 0, -max - 1)
  elseif self.type == "set" then
    local over = self:call("SCARD") - max
    if over > 0 then self:call("SPOP", over) end
  elseif self.type == "hash" then
    if self:call("HLEN") > max then return deny("at most " .. max .. " fields") end
  elseif self:call("STRLEN") > max then
    return deny("at most " .. max .. " bytes")
  end
end

function onPut(self, ev) return cap(self, ev) end
function onUpdate(self, ev) return cap(self, ev) end

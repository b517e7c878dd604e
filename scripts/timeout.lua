#!lua name=std/timeout
-- A deadline that belongs to the object: EXPIRE and PERSIST of clients do not move it, a write does not renew it. At the deadline the
-- object is gone, with all it had.
-- Events: onPut, onAttach, onUpdate.  State: ends, in Unix milliseconds.

params = {
  after = { type = "duration", min = 1 },
}

local function begin(self, ev)
  self.state.ends = ev.now + self.params.after
  self:expireat(self.state.ends)
end

function onPut(self, ev) begin(self, ev) end

function onAttach(self, ev)
  if self.type ~= "none" then begin(self, ev) end
end

function onUpdate(self, ev) self:expireat(self.state.ends) end

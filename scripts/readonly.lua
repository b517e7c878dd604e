#!lua name=std/readonly
-- A value that is written once and then can be read only: no command changes, deletes, renames or expires it.
-- grace    how long after the first write it can still be changed
-- ASO.DETACH makes it an ordinary key again.
-- Events: onPut, onAttach, onUpdate, onDelete, onExpire.  State: since, when it became read-only.

params = {
  grace = { type = "duration", default = 0, min = 0 },
}

local function begin(self, ev) self.state.since = ev.now + self.params.grace end

local function closed(self, ev) return self.state.since and ev.now >= self.state.since end

function onPut(self, ev) begin(self, ev) end

function onAttach(self, ev)
  if self.type ~= "none" then begin(self, ev) end
end

function onUpdate(self, ev)
  if closed(self, ev) then return deny("read-only") end
end

function onDelete(self, ev)
  if closed(self, ev) then return deny("read-only") end
end

function onExpire(self, ev)
  if closed(self, ev) then self:persist() end
end

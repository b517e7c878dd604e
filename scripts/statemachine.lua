#!lua name=std/statemachine
-- A status that can only go the ways drawn: "new>paid paid>sent paid>refunded". The status is a string, or, with field, a field of a hash.
-- start    the status that a new key must have
-- edges    from>to, separated by spaces
-- Each change is published on the channel status:KEY as "from to".
-- Events: onPut, onUpdate.  State: status, since (Unix milliseconds).

params = {
  start = {},
  edges = {},
  field = { default = "" },
}

local function status(self)
  if self.params.field == "" then return self.value end
  return self:call("HGET", self.params.field)
end

local function enter(self, ev, now)
  self:publish("status:" .. self.key, (self.state.status or "-") .. " " .. now)
  self.state.status, self.state.since = now, ev.now
end

function onPut(self, ev)
  local now = status(self)
  if now ~= self.params.start then return deny("must begin as " .. self.params.start) end
  enter(self, ev, now)
end

function onUpdate(self, ev)
  local now, was = status(self), self.state.status or self.params.start
  if now == was then return end
  local edge = " " .. was .. ">" .. tostring(now) .. " "
  if not (" " .. self.params.edges .. " "):find(edge, 1, true) then return deny("no way from " .. was .. " to " .. tostring(now)) end
  enter(self, ev, now)
end

#!lua name=std/idempotency
-- A request that is done once, however often it is sent. The key is the client's idempotency key; attach by a rule, such as on idem:*.
-- ASO.CALL key begin            {"new"}: do it; {"busy", ms}: somebody is at it; {"done", result}: this came out
-- ASO.CALL key finish result    OK; from now on begin answers {"done", result}
-- ASO.CALL key fail             OK; the next begin gets "new"
-- lease    how long one who began may take; keep how long the result is known
-- Events: onMessage, onTimer.  State: result, busy (Unix milliseconds).  Timer: forget.

params = {
  lease = { type = "duration", default = 30000, min = 1 },
  keep  = { type = "duration", default = 86400000, min = 1 },
}

local function begin(self, ev)
  if self.state.result then return { "done", self.state.result } end
  if ev.now < (self.state.busy or 0) then return { "busy", self.state.busy - ev.now } end
  self.state.busy = ev.now + self.params.lease
  self:timer("forget", { in_ms = self.params.keep })
  return { "new" }
end

local function finish(self, ev)
  if not self.state.busy then return deny("nobody has begun") end
  self.state.result, self.state.busy = self.state.result or ev.payload or "", nil
  self:timer("forget", { in_ms = self.params.keep })
  return { ok = "OK" }
end

local function fail(self)
  self.state.busy = nil
  return { ok = "OK" }
end

function onMessage(self, ev)
  if ev.message == "begin" then return begin(self, ev) end
  if ev.message == "finish" then return finish(self, ev) end
  if ev.message == "fail" then return fail(self) end
  return deny("unknown message: begin, finish or fail")
end

function onTimer(self, ev) self.state.result, self.state.busy = nil, nil end

#!lua name=std/unique
-- A job that is in a queue once. The key stands for what makes jobs equal; attach by a rule, such as on unique:*.
-- ASO.CALL key push job      1 if the job may be queued, 0 if an equal one is
-- ASO.CALL key start job     1: it begins to run
-- ASO.CALL key done job      1: it has run
-- until    executing: an equal job may be queued as soon as this one starts; executed: when it is done; expired: only after ttl
-- ttl      after which a job that was never done is forgotten
-- Events: onMessage, onTimer.  State: job.  Timer: expire.

params = {
  ["until"] = { default = "executed" },
  ttl       = { type = "duration", default = 3600000, min = 1 },
}

local function release(self, job)
  if self.state.job ~= job then return 0 end
  self.state.job = nil
  self:cancel("expire")
  return 1
end

function onMessage(self, ev)
  local job, mode = ev.payload, self.params["until"]
  if type(job) ~= "string" then return deny("name the job") end
  if ev.message == "push" then
    if self.state.job then return 0 end
    self.state.job = job
    self:timer("expire", { in_ms = self.params.ttl })
    return 1
  elseif ev.message == "start" then
    if mode == "executing" then return release(self, job) end
    return self.state.job == job and 1 or 0
  elseif ev.message == "done" then
    if mode == "executed" then return release(self, job) end
    return 1
  end
  return deny("unknown message: push, start or done, and a job")
end

function onTimer(self, ev) self.state.job = nil end

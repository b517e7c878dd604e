#!lua name=std/delay
-- A queue of jobs that begin later: the value is the list of those that are ready, from which workers take with BLPOP, LMPOP or LMOVE.
-- ASO.SEND queue push job IN ms       the job is ready after so many milliseconds; AT unix-ms at a time; ID id at most once
-- ASO.SEND queue push job ...         several, at once ready
-- ASO.CALL does the same without delay.  A job that waits is durable, and is ready exactly once.
-- max      jobs that may be ready; beyond it one that comes is tried again later, as a message that fails is
-- Events: onMessage.  Attach by a rule, such as on queue:*: a list that is empty is gone, with what was attached to it.

params = {
  max = { type = "int", default = 1000000, min = 1 },
}

function onMessage(self, ev)
  if ev.message ~= "push" or not ev.payload then return deny("unknown message: push job ...") end
  local jobs = type(ev.payload) == "table" and ev.payload or { ev.payload }
  local length = self:call("RPUSH", unpack(jobs))
  if length > self.params.max then error("the queue is full") end
  return length
end

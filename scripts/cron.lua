#!lua name=std/cron
-- A list of jobs that fills by a calendar: workers take them with BLPOP or LMOVE as from any list.
-- spec     a cron expression; tz the time zone it is meant in
-- job      what is pushed; at its end stands the time for which it was planned, in Unix milliseconds
-- max      jobs that may wait; while there are as many, none is added
-- Events: onAttach, onTimer.  Timer: cron.  Occurrences missed while the server was down are made up for by one.

params = {
  spec = {},
  tz   = { default = "UTC" },
  job  = { default = "run" },
  max  = { type = "int", default = 100, min = 1 },
}

function onAttach(self, ev)
  self:timer("cron", { cron = self.params.spec, tz = self.params.tz })
end

function onTimer(self, ev)
  if self.type == "list" and self:call("LLEN") >= self.params.max then
    log("skipped: " .. self.params.max .. " jobs wait")
    return
  end
  self:call("RPUSH", self.params.job .. " " .. ev.due)
end

test("fills by the calendar, over a change of the clock in spring", function(t)
  t:cmd("ASO.ATTACH", "jobs", "std/cron", "PARAM", "spec", "30 3 * * *", "PARAM", "tz", "Europe/Berlin", "PARAM", "max", 1000)
  t:advance("365d")
  local jobs = t:cmd("LRANGE", "jobs", 0, -1)
  t:eq(#jobs, 365)
  local hours = {}
  for _, job in ipairs(jobs) do
    local hour = tonumber(job:match("%d+$")) / 3600000 % 24
    hours[hour] = (hours[hour] or 0) + 1
  end
  t:eq(hours, { [2.5] = 365 - 210, [1.5] = 210 }, "03:30 in Berlin is 02:30 UTC in winter, 01:30 in summer")
end)

test("does not fill without end", function(t)
  t:cmd("ASO.ATTACH", "jobs", "std/cron", "PARAM", "spec", "* * * * *", "PARAM", "max", 2)
  t:advance("10m")
  t:eq(t:cmd("LLEN", "jobs"), 2)
  t:eq(t:cmd("LPOP", "jobs"):match("^%a+"), "run")
  t:restart()
  t:advance("1m")
  t:eq(t:cmd("LLEN", "jobs"), 2)
end)

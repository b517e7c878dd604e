-- escape: cpu_uuid
-- expect: error any
while true do uuid() end

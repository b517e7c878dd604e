-- escape: parse_for_state_call
-- expect: ok
local function list() return { 10 } end
for k in next, { 10 } do if k ~= 1 then error("WRONG 1") end end
for k in next, list() do if k ~= 1 then error("WRONG 2") end end
local function step(limit, i) if i < limit then return i + 1 end end
local function three() return step, 3, 0 end
local n = 0
for i in three() do n = n + i end
for i in step, (function() return 2, 0 end)() do n = n + i end
for i in step, 2, (function() return 0 end)() do n = n + i end
for i, j in step, 2, 0 do n = n + i if j ~= nil then error("WRONG 3") end end
if n ~= 15 then error("WRONG 4 " .. n) end

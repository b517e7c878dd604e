-- escape: iso_pcall_results
-- expect: any
local function all(...) return select("#", ...), ... end
local n, ok, a, b, c = all(pcall(function(...) return 1, nil, ... end, nil, nil))
if n ~= 5 or not ok or a ~= 1 or b ~= nil then error("WRONG pcall results " .. n) end
local m, bad, e = all(pcall(error, nil))
if m ~= 2 or bad or e ~= nil then error("WRONG pcall nil error") end

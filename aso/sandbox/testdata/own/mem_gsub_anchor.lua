-- escape: mem_gsub_anchor
-- expect: error any
local s = ("x"):rep(1000) for i = 1, 1e5 do s = s:gsub("$", s) end

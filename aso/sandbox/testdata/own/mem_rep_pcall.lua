-- escape: mem_rep_pcall
-- expect: error memory
local t = {} for i = 1, 1e6 do local ok, s = pcall(string.rep, 'x', 4096) t[i] = s end

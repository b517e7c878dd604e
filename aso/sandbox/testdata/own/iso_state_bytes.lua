-- escape: iso_state_bytes
-- expect: ok
--@@ A
local all = {} for i = 0, 255 do all[i + 1] = string.char(i) end
local s = table.concat(all) self.state.s = s self.state[s] = true self.state[""] = ""
--@@ A
local s = self.state.s
if #s ~= 256 or not self.state[s] or self.state[""] ~= "" then error("WRONG") end
for i = 0, 255 do if s:byte(i + 1) ~= i then error("WRONG byte") end end

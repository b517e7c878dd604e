-- escape: iso_error_stale_upvalue_toplevel
-- expect: any
--@@ A
local x = "mine"
self.state.n = 1
local function f() return x end
local function g() error({ f = f }) end
g()
--@@ B
if self.state.n then error("ESCAPED state of A") end

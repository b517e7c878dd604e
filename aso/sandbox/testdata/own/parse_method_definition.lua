-- escape: parse_method_definition
-- expect: any
local o = { n = 1 }
function o:add(k) self.n = self.n + k return self end
function o.static(k) return k end
o.sub = {} function o.sub.f(a) return a end function o.sub:g() return self end
if o:add(2):add(3).n ~= 6 or o.static(4) ~= 4 or o.sub.f(5) ~= 5 or o.sub:g() ~= o.sub then error("WRONG method") end

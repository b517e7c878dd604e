#!lua name=window
function onGet(self, ev)
  local s, w = self.state, math.floor(ev.now / 1000)
  if s.w ~= w then
    s.prev = (s.w == w - 1) and s.cur or 0
    s.w, s.cur = w, 0
  end
  if s.prev * (1 - ev.now % 1000 / 1000) + s.cur >= 1000000 then return deny("slow down") end
  s.cur = s.cur + 1
end

#!lua name=get
function onGet(self, ev)
  if #self.value > 100 then return deny("too long") end
end

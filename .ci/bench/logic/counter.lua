#!lua name=counter
function onPut(self, ev) self:expire(60000) end

#!lua name=std/once
-- A value that can be read n times; with the last read it is gone, everywhere and for good.
-- Events: onPut, onAttach, onUpdate, onGet.  State: left, the reads that remain.
-- Effects: deletes the object.  The reads count whatever command reveals the value: GET, GETRANGE, HGETALL, DUMP, ...

params = {
  reads = { type = "int", default = 1, min = 1, max = 1000000 },
}

function onPut(self, ev)
  self.state.left = self.params.reads
end

function onAttach(self, ev)
  if self.type ~= "none" then self.state.left = self.params.reads end
end

function onUpdate(self, ev)
  return deny("a value that is read " .. self.params.reads .. " times is written once")
end

function onGet(self, ev)
  self.state.left = self.state.left - 1
  if self.state.left <= 0 then self:delete() end
end

-- escape: parse_handlers_all
-- expect: ok
-- @whole
function onPut(self, ev) return 0 end
function onUpdate(self, ev) return 1 end
function onGet(self, ev) return 2 end
function onDelete(self, ev) return 3 end
function onExpire(self, ev) return 4 end
function onEvict(self, ev) return 5 end
function onTimer(self, ev) return 6 end
function onMessage(self, ev) return 7 end
function onAttach(self, ev) return 8 end

#!lua name=std/cascade
-- Objects that go with their parent: when a key is deleted or expires, so are the children it has adopted, and theirs.
-- ASO.CALL key adopt child ...    number of children it has now
-- ASO.CALL key abandon child ...  the same
-- A child that has children of its own needs the handler, too; others are deleted by it as well if a rule gives it to them.
-- Events: onDelete, onExpire, onMessage.  State: children.  Messages: gone, whose payload are further keys that the receiver tells.

local fan = 8 -- children told by one object; each of them tells as many of the rest

local function tell(self, keys)
  for i = 1, math.min(fan, #keys) do
    local rest = {}
    for k = i + fan, #keys, fan do rest[#rest + 1] = keys[k] end
    self:send(keys[i], "gone", rest)
  end
end

local function names(ev) return type(ev.payload) == "table" and ev.payload or { ev.payload } end

function onDelete(self, ev) tell(self, self.state.children or {}) end
function onExpire(self, ev) tell(self, self.state.children or {}) end

function onMessage(self, ev)
  local children, known = self.state.children or {}, {}
  if ev.message == "gone" then
    for _, key in ipairs(names(ev)) do children[#children + 1] = key end
    tell(self, children)
    self.state.children = nil
    self:delete()
    return
  elseif ev.message == "adopt" then
    for _, child in ipairs(children) do known[child] = true end
    for _, child in ipairs(names(ev)) do
      if not known[child] then children[#children + 1] = child end
    end
  elseif ev.message == "abandon" then
    for _, child in ipairs(names(ev)) do known[child] = true end
    for i = #children, 1, -1 do
      if known[children[i]] then table.remove(children, i) end
    end
  else
    return deny("unknown message: adopt or abandon, and keys")
  end
  self.state.children = children
  return #children
end

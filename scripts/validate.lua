#!lua name=std/validate
-- A value that must look right: what a write would make of it is checked before anybody sees it.
-- kind     int, number, json, or text (any)
-- min, max bounds of a number; of the length of a text or JSON
-- pattern  a Lua pattern that a text must match
-- fields   names of the fields that a hash must have, separated by commas
-- Events: onPut, onUpdate.

params = {
  kind    = { default = "text" },
  min     = { type = "number", default = -1e300 },
  max     = { type = "number", default = 1e300 },
  pattern = { default = "" },
  fields  = { default = "" },
}

local function number(self, text)
  local n = tonumber(text)
  if not n or n ~= n then return "not a number" end
  if self.params.kind == "int" and n ~= math.floor(n) then return "not an integer" end
  if n < self.params.min or n > self.params.max then return "out of bounds" end
end

local function text(self, v)
  if #v < self.params.min then return "too short" end
  if #v > self.params.max then return "too long" end
  if self.params.kind == "json" and not pcall(cjson.decode, v) then return "not JSON" end
  if self.params.pattern ~= "" and not v:find(self.params.pattern) then return "does not match" end
end

local function check(self, ev)
  local wrong
  for field in self.params.fields:gmatch("[^,%s]+") do
    if self:call("HEXISTS", field) == 0 then wrong = "field " .. field .. " is missing" end
  end
  if self.type == "string" then
    local numeric = self.params.kind == "int" or self.params.kind == "number"
    if numeric then wrong = number(self, self.value) else wrong = text(self, self.value) end
  end
  if wrong then return deny(wrong) end
end

function onPut(self, ev) return check(self, ev) end
function onUpdate(self, ev) return check(self, ev) end

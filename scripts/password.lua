#!lua name=std/password
-- A value for those who know a password: ASO.GET key password shows it. Plain reads, and reads with a wrong password, find nothing, so
-- that nobody learns whether there is something. After `tries` wrong ones nobody gets in for `lock`.
-- hash     hash.sha256 of salt and password, in hexadecimal digits; the password itself is kept nowhere
-- Only who may attach handlers can change the password; a write of the value is refused.
-- Events: onUpdate, onGet.  State: wrong, locked (Unix milliseconds).

params = {
  hash  = { min = 64, max = 64 },
  salt  = { default = "" },
  tries = { type = "int", default = 5, min = 1 },
  lock  = { type = "duration", default = 3600000, min = 1 },
}

function onUpdate(self, ev) return deny("protected by a password") end

function onGet(self, ev)
  local given, state = ev.payload, self.state
  if type(given) ~= "string" or ev.now < (state.locked or 0) then return missing() end
  if hash.equal(hash.sha256(self.params.salt .. given), self.params.hash) then
    state.wrong = nil
    return
  end
  state.wrong = (state.wrong or 0) + 1
  if state.wrong >= self.params.tries then state.wrong, state.locked = nil, ev.now + self.params.lock end
  return missing()
end

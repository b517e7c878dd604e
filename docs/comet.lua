---@meta
-- What handlers and their tests have, for the Lua language server. docs/authoring.md says how to use it.

---The object. It is read-only but for state.
---@class comet.Self
---@field key string
---@field type string "none" without a value
---@field value any a string, an array (list, set) or a table (hash, sorted set)
---@field params table<string, any> the parameters, with their defaults
---@field state table what is kept with the object: booleans, numbers, strings and tables of these
local Self = {}

---Runs a data command on this key, which is not named.
---@param name string
---@param ... string|number|boolean
---@return any
function Self:call(name, ...) end

---Runs a data command on another key of the hash slot, which ASO.GRANT KEYS allows and which has no handlers.
---@param key string
---@param name string
---@param ... string|number|boolean
---@return any
function Self:callkey(key, name, ...) end

---@param ms integer milliseconds from now
---@return boolean # whether the object has a value
function Self:expire(ms) end

---@param ms integer Unix milliseconds
---@return boolean # whether the object has a value
function Self:expireat(ms) end

---@return boolean # whether the object has a value
function Self:persist() end

---@return integer? # milliseconds, nil without a time to live
function Self:ttl() end

---Deletes the object, with handlers, state and timers.
---@return boolean # whether it had a value
function Self:delete() end

---@class comet.TimerOptions
---@field in_ms? integer once, after so many milliseconds
---@field at? integer once, at this Unix time in milliseconds
---@field every? integer again and again, after so many milliseconds
---@field cron? string again and again, by a cron expression
---@field tz? string time zone of cron
---@field jitter? integer each firing comes up to so many milliseconds later
---@field catchup? "skip"|"one"|"all" what becomes of missed occurrences
---@field retry? integer how often a firing that failed is tried again; 15 if not said
---@field count? integer occurrences in all
---@field until_ms? integer the last occurrence is not after it
---@field data? string|number|boolean what the handler gets as ev.data

---Sets or changes a timer.
---@param name string
---@param options comet.TimerOptions
---@return boolean # whether it is new
function Self:timer(name, options) end

---@param name string
---@return boolean # whether it was there
function Self:cancel(name) end

---A timer as it is set.
---@class comet.Timer
---@field name string
---@field at integer when it fires next, Unix milliseconds
---@field due integer when the next occurrence is due: before at, if it is jittered or was tried already
---@field every integer milliseconds, 0 if it is none
---@field cron? string
---@field tz? string
---@field jitter integer milliseconds
---@field catchup "skip"|"one"|"all"
---@field retry integer
---@field count? integer occurrences left
---@field until_ms? integer
---@field attempt integer attempts that failed
---@field error? string how the last one failed
---@field again? string the dead letter that it is another try of
---@field data? string

---@return comet.Timer[] # the next one first
function Self:timers() end

---@class comet.SendOptions
---@field delay integer? milliseconds
---@field at integer? Unix milliseconds
---@field id string? the receiver takes one message with this id only
---@field reply string? the answer comes back as a message of this name

---Lets another object handle a message later, exactly once.
---@param key string
---@param message string
---@param payload? any
---@param options? comet.SendOptions
---@return string? # the id, nil if the dedup id was used before
function Self:send(key, message, payload, options) end

---Answers a message, once.
---@param reply_to string
---@param payload? any
---@return boolean # whether the answer is on its way
function Self:reply(reply_to, payload) end

---Wakes the clients that wait for the event with ASO.AWAIT.
---@param event string
---@param payload? any
function Self:emit(event, payload) end

---Publishes when the unit is durable.
---@param channel string
---@param message string|number
function Self:publish(channel, message) end

---What all events tell.
---@class comet.Event
---@field id string text that no other event has
---@field now integer Unix milliseconds
---@field ttl integer? milliseconds

---What a command and its client tell.
---@class comet.CommandEvent: comet.Event
---@field cmd string name of the command
---@field args string[] its arguments
---@field fields string[]? the fields or members that it names
---@field user string
---@field addr string
---@field client integer

---@class comet.PutEvent: comet.CommandEvent
---@field new any the value after

---@class comet.UpdateEvent: comet.CommandEvent
---@field old any the value before; nil for a large collection
---@field new any the value after

---@class comet.GetEvent: comet.CommandEvent
---@field payload string|string[]|nil of ASO.GET

---@class comet.DeleteEvent: comet.CommandEvent
---@field old any the value before; nil for a large collection

---@class comet.ExpireEvent: comet.Event

---@class comet.EvictEvent: comet.Event

---@class comet.TimerEvent: comet.Event
---@field timer string name
---@field due integer Unix milliseconds
---@field late integer milliseconds
---@field attempt integer from 1
---@field missed integer missed occurrences that it stands for
---@field data string?

---@class comet.MessageEvent: comet.CommandEvent
---@field message string
---@field payload any of ASO.CALL and ASO.SEND a string, or an array of several
---@field from string? key of the object that sent it, nil for a client
---@field cause string? id of the event in which it was sent, nil from a client
---@field hops integer messages of its chain up to it, 0 with ASO.CALL
---@field attempt integer from 1
---@field reply_to string? what an answer to it needs
---@field error string? of an answer: why there is none

---@class comet.AttachEvent: comet.CommandEvent
---@field from string? the version that the object ran before

---What onError is told of the event that failed; fields that this did not have are nil.
---@class comet.ErrorEvent: comet.CommandEvent
---@field failed string the handler that failed, such as "onUpdate"
---@field message string?
---@field payload any
---@field from string?
---@field cause string?
---@field hops integer?
---@field error string?
---@field timer string?
---@field due integer?
---@field late integer?
---@field attempt integer?
---@field missed integer?
---@field data string?

---The third argument of onError.
---@class comet.Failure
---@field text string the error as the client sees it
---@field code string its first word: ASOFAIL, ASOLIMIT, ASOTYPE
---@field limit string? the limit that was exceeded
---@field message string? of a Lua error
---@field line integer? of a Lua error

---A decision; it counts when the handler returns it.
---@class comet.Verdict

---Refuses: nothing changes, the client gets ASODENY.
---@param text? string
---@return comet.Verdict
function deny(text) end

---Leaves the old value as it is, or lets an object that expires live on.
---@param ms? integer in onExpire only: for how long
---@return comet.Verdict
function keep(ms) end

---Leaves the answer to a message open: self:reply gives it later.
---@param ms? integer how long a client waits for it
---@return comet.Verdict
function wait(ms) end

---Replies as if the key did not exist.
---@return comet.Verdict
function missing() end

---Adds a line to what ASO.LOG shows.
---@param text string|number
function log(text) end

---@return integer # Unix milliseconds; stands still during a run
function now() end

---@return number # in [0, 1)
function rand() end

---@return string
function uuid() end

hash = {}

---@param text string
---@return string # 64 hex digits
function hash.sha256(text) end

---@param secret string name of a secret, not the secret itself
---@param text string
---@return string # 64 hex digits
function hash.hmac(secret, text) end

---Compares in constant time.
---@param a string
---@param b string
---@return boolean
function hash.equal(a, b) end

cjson = {}

---@type userdata
cjson.null = nil

---@param value any
---@return string
function cjson.encode(value) end

---@param text string
---@return any
function cjson.decode(text) end

---@param depth? integer
---@return integer
function cjson.encode_max_depth(depth) end

---@param depth? integer
---@return integer
function cjson.decode_max_depth(depth) end

---@param digits? integer
---@return integer
function cjson.encode_number_precision(digits) end

---@param convert? boolean
---@param ratio? integer
---@param safe? integer
---@return boolean, integer, integer
function cjson.encode_sparse_array(convert, ratio, safe) end

---@param keep? boolean
---@return boolean
function cjson.encode_keep_buffer(keep) end

---@param setting? boolean|"null"
---@return boolean|"null"
function cjson.encode_invalid_numbers(setting) end

---@param setting? boolean
---@return boolean
function cjson.decode_invalid_numbers(setting) end

cmsgpack = {}

---@param ... any
---@return string
function cmsgpack.pack(...) end

---@param text string
---@return any ...
function cmsgpack.unpack(text) end

---@param text string
---@param offset? integer
---@return integer offset # -1 at the end
---@return any
function cmsgpack.unpack_one(text, offset) end

---@param text string
---@param limit integer
---@param offset? integer
---@return integer offset # -1 at the end
---@return any ...
function cmsgpack.unpack_limit(text, limit, offset) end

struct = {}

---@param format string
---@param ... string|number
---@return string
function struct.pack(format, ...) end

---@param format string
---@param text string
---@param position? integer
---@return string|number ...
function struct.unpack(format, text, position) end

---@param format string
---@return integer
function struct.size(format) end

bit = {}

---@param x integer
---@return integer
function bit.tobit(x) end

---@param x integer
---@param digits? integer
---@return string
function bit.tohex(x, digits) end

---@param x integer
---@return integer
function bit.bnot(x) end

---@param x integer
---@param ... integer
---@return integer
function bit.band(x, ...) end

---@param x integer
---@param ... integer
---@return integer
function bit.bor(x, ...) end

---@param x integer
---@param ... integer
---@return integer
function bit.bxor(x, ...) end

---@param x integer
---@param n integer
---@return integer
function bit.lshift(x, n) end

---@param x integer
---@param n integer
---@return integer
function bit.rshift(x, n) end

---@param x integer
---@param n integer
---@return integer
function bit.arshift(x, n) end

---@param x integer
---@param n integer
---@return integer
function bit.rol(x, n) end

---@param x integer
---@param n integer
---@return integer
function bit.ror(x, n) end

---@param x integer
---@return integer
function bit.bswap(x) end

---A test that runs.
---@class comet.Test
local Test = {}

---Declares a test.
---@param name string
---@param body fun(t: comet.Test)
function test(name, body) end

---Runs a command, and what is due then.
---@param name string
---@param ... string|number|boolean
---@return any # a status is its text, an error { err = text }, null nil, in arrays false
function Test:cmd(name, ...) end

---Loads another handler, from the folder of the test.
---@param file string
---@return string # name@version
function Test:load(file) end

---Lets time pass.
---@param time integer|string milliseconds, or "90s", "5m", "2h", "1d"
---@return integer # the time, Unix milliseconds
function Test:advance(time) end

---Goes to a moment.
---@param ms integer Unix milliseconds
---@return integer # the time, Unix milliseconds
function Test:at(ms) end

---@return integer # Unix milliseconds
function Test:now() end

---Replaces the server by one that has read the journal.
function Test:restart() end

---@param got any
---@param want any
---@param message? string
---@return boolean # whether they are equal
function Test:eq(got, want, message) end

---@param x any
---@param message? string
---@return boolean # whether x is true
function Test:ok(x, message) end

---@param reply any
---@param beginning string
---@param message? string
---@return boolean # whether the reply is an error that begins so
function Test:err(reply, beginning, message) end

---@param message? string
---@return boolean # false
function Test:fail(message) end

---@param key string
---@return table # self.state
function Test:state(key) end

---@param key string
---@return table[] # as self:timers()
function Test:timers(key) end

---@param key string
---@return string[] # what the handlers of the object have logged
function Test:logs(key) end

---@return { channel: string, message: string }[] # published since it was asked last
function Test:messages() end

---@return table[] # what the last command wrote to the journal
function Test:effects() end

---Notes a line for -v and for tests that fail.
---@param ... any
function Test:log(...) end

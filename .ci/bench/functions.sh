#!/usr/bin/env bash
# Plain commands on active keys, beside FCALL of a function that does the same in redis-server: requests a second, the median of three
# runs, and microseconds of processor time of the server for each, at pipeline 1, 16 and 64, over 10 000 keys.
#
#   .ci/bench/functions.sh [COMET-BINARY]
#
# get      GET with an onGet that looks at the value; FCALL of GET
# counter  INCR with an onPut that sets a time to live; FCALL of INCR and, the first time, EXPIRE
# window   GET of a sliding-window rate limiter whose counts are state; FCALL with HMGET and HSET
# hash     HSET of five fields with an onUpdate that checks them and notes the time; FCALL that checks, HSETs and notes the time
#
# Sends nothing but loopback traffic, works in a temporary folder, and ends both servers. Needs redis-server and redis-tools.
. "$(dirname "$0")/servers.sh"
comet_binary "${1:-}"
comet=22211 redis=22212
comet_beside_redis

load_logic $comet get counter window hash
redis-cli -p $redis -x FUNCTION LOAD >/dev/null <<'END'
#!lua name=lib
redis.register_function("get", function(keys, args)
  local v = redis.call("GET", keys[1])
  if v and #v > 100 then return redis.error_reply("too long") end
  return v
end)
redis.register_function("counter", function(keys, args)
  local n = redis.call("INCR", keys[1])
  if n == 1 then redis.call("EXPIRE", keys[1], 60) end
  return n
end)
redis.register_function("window", function(keys, args)
  local t = redis.call("TIME")
  local now = t[1] * 1000 + math.floor(t[2] / 1000)
  local w = math.floor(now / 1000)
  local s = redis.call("HMGET", keys[1], "w", "cur", "prev")
  local sw, cur, prev = tonumber(s[1]), tonumber(s[2]) or 0, tonumber(s[3]) or 0
  if sw ~= w then
    prev = (sw == w - 1) and cur or 0
    cur = 0
  end
  if prev * (1 - now % 1000 / 1000) + cur >= 1000000 then return redis.error_reply("slow down") end
  redis.call("HSET", keys[1], "w", w, "cur", cur + 1, "prev", prev)
  return "ok"
end)
redis.register_function("hash", function(keys, args)
  for i = 2, #args, 2 do
    if not tonumber(args[i]) then return redis.error_reply("not a number") end
  end
  redis.call("HSET", keys[1], "updated", redis.call("TIME")[1], unpack(args))
  return 0
end)
END
value=$(printf 'v%.0s' $(seq 64))
fields="f1 1 f2 22 f3 333 f4 4444 f5 55555"
# fill PORT sets the 10 000 keys that are read or updated.
fill() {
  for i in $(seq 0 9999); do
    printf 'SET get:%012d %s\nHSET hash:%012d %s\n' "$i" "$value" "$i" "$fields"
    [ "$1" = $redis ] || printf 'SET window:%012d ok\n' "$i"
  done | redis-cli -p "$1" >/dev/null
}
fill $comet
fill $redis

# row NAME PIPELINE FCALL-ARGS -- COMMAND... prints one comparison.
row() {
  local name=$1 pipeline=$2 ours theirs
  local how=($((60000 + 20000 * pipeline)) -P "$pipeline" -r 10000)
  ours=$(costs "$comet_pid" $comet "${how[@]}" "${@:3}")
  # shellcheck disable=SC2086
  theirs=$(costs "$redis_pid" $redis "${how[@]}" FCALL "$name" 1 "$name:__rand_int__" $([ "$name" = hash ] && echo $fields))
  awk -v n="$name" -v p="$pipeline" -v a="$ours" -v b="$theirs" 'BEGIN{split(a, c); split(b, r)
    printf "%-8s %8d %12.0f %12.0f %7.2fx %9.2f %9.2f %7.2fx\n", n, p, c[1], r[1], c[1] / r[1], c[2], r[2], r[2] / c[2]}'
}
printf '%-8s %8s %12s %12s %8s %9s %9s %8s\n' logic pipeline comet redis_FCALL ratio comet_us redis_us ratio
for pipeline in 1 16 64; do
  row get $pipeline GET get:__rand_int__
  row counter $pipeline INCR counter:__rand_int__
  row window $pipeline GET window:__rand_int__
  # shellcheck disable=SC2086
  row hash $pipeline HSET hash:__rand_int__ $fields
done

#!/usr/bin/env bash
# A GET that runs an onGet handler of about ten instructions, beside FCALL of a function that does the same in redis-server: requests a
# second, the median of three runs, at pipeline 1, 16 and 64.
#
#   .ci/bench/handlers.sh [COMET-BINARY]
#
# Sends nothing but loopback traffic, works in a temporary folder, and ends both servers. Needs redis-server and redis-tools.
. "$(dirname "$0")/servers.sh"
comet_binary "${1:-}"
comet=22201 redis=22202
comet_beside_redis

body=' local a = 1
 a = a + 1
 a = a * 2
 a = a - 1
 a = a + 3
'
printf '#!lua name=ten\nfunction onGet(self, ev)\n%s if a > 100 then return deny("no") end\nend\n' "$body" | redis-cli -p $comet -x ASO.LOAD >/dev/null
printf '#!lua name=empty\nfunction onGet(self, ev) end\n' | redis-cli -p $comet -x ASO.LOAD >/dev/null
printf '#!lua name=lib\nredis.register_function("ten", function(keys, args)\n local v = redis.call("GET", keys[1])\n%s if a > 100 then return redis.error_reply("no") end\n return v\nend)\n' "$body" |
  redis-cli -p $redis -x FUNCTION LOAD >/dev/null
value=$(printf 'v%.0s' $(seq 64))
redis-cli -p $comet SET plain "$value" >/dev/null
redis-cli -p $comet ASO.SET empty "$value" HANDLER empty >/dev/null
redis-cli -p $comet ASO.SET ten "$value" HANDLER ten >/dev/null
redis-cli -p $redis SET ten "$value" >/dev/null

printf '%-8s %12s %12s %12s %12s %8s\n' pipeline plain empty_onGet ten_onGet redis_FCALL ratio
for pipeline in 1 16 64; do
  plain=$(median $comet $((60000 + 30000 * pipeline)) -P $pipeline GET plain)
  empty=$(median $comet $((60000 + 30000 * pipeline)) -P $pipeline GET empty)
  ten=$(median $comet $((60000 + 30000 * pipeline)) -P $pipeline GET ten)
  fcall=$(median $redis $((60000 + 30000 * pipeline)) -P $pipeline FCALL ten 1 ten)
  awk -v p=$pipeline -v a="$plain" -v b="$empty" -v c="$ten" -v d="$fcall" 'BEGIN{printf "%-8d %12.0f %12.0f %12.0f %12.0f %7.2fx\n", p, a, b, c, d, c/d}'
done

#!/usr/bin/env bash
# A GET that runs an onGet handler of about ten instructions, beside FCALL of a function that does the same in redis-server: requests a
# second, the median of three runs, at pipeline 1, 16 and 64.
#
#   .ci/bench/handlers.sh [COMET-BINARY]
#
# Sends nothing but loopback traffic, works in a temporary folder, and ends both servers. Needs redis-server and redis-tools.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; wait "$p" 2>/dev/null || true; done; rm -rf "$tmp"; }
trap cleanup EXIT
bin=${1:-}
if [ -z "$bin" ]; then bin=$tmp/comet; (cd "$here" && go build -o "$bin" ./cmd/comet); fi
comet=22201 redis=22202
"$bin" --port $comet --appendonly no >"$tmp/comet.log" 2>&1 &
pids+=($!)
redis-server --port $redis --bind 127.0.0.1 --save '' --dir "$tmp" >"$tmp/redis.log" 2>&1 &
pids+=($!)
for port in $comet $redis; do until redis-cli -p $port ping 2>/dev/null | grep -q PONG; do :; done; done

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

# median PORT PIPELINE COMMAND... prints requests a second.
median() {
  local port=$1 pipeline=$2
  shift 2
  for _ in 1 2 3; do
    redis-benchmark -p "$port" -c 50 -P "$pipeline" -n $((60000 + 30000 * pipeline)) --csv "$@" | tail -1 | cut -d, -f2 | tr -d '"'
  done | sort -n | sed -n 2p
}
printf '%-8s %12s %12s %12s %12s %8s\n' pipeline plain empty_onGet ten_onGet redis_FCALL ratio
for pipeline in 1 16 64; do
  plain=$(median $comet $pipeline GET plain)
  empty=$(median $comet $pipeline GET empty)
  ten=$(median $comet $pipeline GET ten)
  fcall=$(median $redis $pipeline FCALL ten 1 ten)
  awk -v p=$pipeline -v a="$plain" -v b="$empty" -v c="$ten" -v d="$fcall" 'BEGIN{printf "%-8d %12.0f %12.0f %12.0f %12.0f %7.2fx\n", p, a, b, c, d, c/d}'
done

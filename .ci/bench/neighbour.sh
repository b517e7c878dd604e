#!/usr/bin/env bash
# A handler that burns most of its budget, called without pause on one key, beside plain GETs of other keys: the latency of the GETs without
# it and with it, in milliseconds.
#
#   .ci/bench/neighbour.sh [COMET-BINARY] [OPTION...]
#
# Sends nothing but loopback traffic, works in a temporary folder, and ends the server. Needs redis-tools.
. "$(dirname "$0")/servers.sh"
comet_binary "${1:-}"
[ $# -eq 0 ] || shift
port=22213
serve $port "$bin" --port $port --appendonly no "$@"
printf '#!lua name=burn\nfunction onGet(self, ev) local n = 0 for i = 1, 30000 do n = n + i end return n end\n' | redis-cli -p $port -x ASO.LOAD >/dev/null
redis-cli -p $port ASO.SET noisy v HANDLER burn >/dev/null
redis-benchmark -p $port -q -n 100000 -r 100000 -P 16 SET key:__rand_int__ v >/dev/null

gets() { redis-benchmark -p $port -c 20 -n 200000 -r 100000 --csv GET key:__rand_int__ | tail -1 | tr -d '"' | awk -F, -v n="$1" '{printf "%-12s %10.0f %8.3f %8.3f %8.3f\n", n, $2, $5, $7, $8}'; }
printf '%-12s %10s %8s %8s %8s\n' '' requests/s p50 p99 max
gets alone
redis-benchmark -p $port -c 1 -n 100000000 GET noisy >/dev/null 2>&1 &
pids+=($!)
gets beside

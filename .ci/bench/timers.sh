#!/usr/bin/env bash
# A million armed timers on a million objects: how fast they are armed, the memory they take, and how late they fire when 50 000 are due
# in each second.
#
#   .ci/bench/timers.sh [COMET-BINARY] [OPTION...]
#
# Sends nothing but loopback traffic, works in a temporary folder, and ends the server. Needs redis-tools. Takes about 35 s.
. "$(dirname "$0")/servers.sh"
comet_binary "${1:-}"
[ $# -eq 0 ] || shift
port=22203
serve $port "$bin" --port $port --dir "$tmp/data" "$@"
cli() { redis-cli -p $port "$@"; }
rss() { awk '/^VmRSS/{print $2}' "/proc/$PID/status"; }

empty=$(rss)
first=$(($(date +%s%3N) + 8000))
awk -v t=$first 'BEGIN{for(i=0;i<1000000;i++){k=sprintf("t:%014d",i); at=sprintf("%.0f",t+i%20000);
  printf "*6\r\n$9\r\nASO.TIMER\r\n$3\r\nSET\r\n$16\r\n%s\r\n$1\r\nt\r\n$2\r\nAT\r\n$%d\r\n%s\r\n",k,length(at),at}}' >"$tmp/commands"
began=$(date +%s%3N)
cli --pipe <"$tmp/commands" >/dev/null
took=$(($(date +%s%3N) - began))
armed=$(rss)
echo "armed: 1000000 in $took ms, $((1000000 * 1000 / took)) a second"
echo "memory: $(((armed - empty) * 1024 / 1000000)) bytes of RSS for each object, its key and its timer"
until [ "$(cli info aso | tr -d '\r' | awk -F: '/^aso_timers_fired/{print $2}')" = 1000000 ]; do sleep 1; done
cli info aso | grep -E 'fired|late'

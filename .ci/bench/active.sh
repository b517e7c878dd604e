#!/usr/bin/env bash
# What active objects cost: the memory of a million objects that share one handler, beyond that of plain keys; and timers that fire every
# second, spread over it, on objects whose handler counts in its state, as many as 100 000 and 10 000 a second: how many fired, and how late.
#
#   .ci/bench/active.sh [COMET-BINARY] [OPTION...]
#
# Sends nothing but loopback traffic, works in a temporary folder, and ends the servers. Needs redis-tools. Takes about a minute.
. "$(dirname "$0")/servers.sh"
comet_binary "${1:-}"
[ $# -eq 0 ] || shift
port=22205
cli() { redis-cli -p $port "$@"; }
start() { serve $port "$bin" --port $port --dir "$tmp/data-$1" "${@:2}"; }
stop() { kill "$PID"; wait "$PID" 2>/dev/null || true; }
rss() { awk '/^VmRSS/{print $2}' "/proc/$PID/status"; }
# each N WORD... sends a command with the number of the object for %d, N times.
each() {
  awk -v n="$1" -v line="${*:2}" 'BEGIN{k=split(line,w," "); for(i=0;i<n;i++){printf "*%d\r\n",k; for(j=1;j<=k;j++){s=w[j]; if(s~/%/) s=sprintf(s,i); printf "$%d\r\n%s\r\n",length(s),s}}}' |
    cli --pipe >/dev/null
}

objects=1000000
start memory --appendonly no "$@"
printf '#!lua name=h\nfunction onGet(self, ev) end\n' | cli -x ASO.LOAD >/dev/null
each $objects SET key:%012d 0123456789012345678901234567890123456789012345678901234567890123
sleep 2
plain=$(rss)
each $objects ASO.ATTACH key:%012d h
sleep 2
echo "memory: $((($(rss) - plain) * 1024 / objects)) bytes of RSS for the handler of each of $objects objects"
cli FLUSHALL >/dev/null
each $objects ASO.SET key:%012d 0123456789012345678901234567890123456789012345678901234567890123 HANDLER h
sleep 2
echo "memory: $((($(rss) - plain) * 1024 / objects)) bytes if they were made with it, in place of plain ones"
stop

for rate in 100000 10000; do
  start $rate "$@"
  printf '#!lua name=count\nfunction onTimer(self, ev) self.state.n = (self.state.n or 0) + 1 end\n' | cli -x ASO.LOAD >/dev/null
  each $rate ASO.SET t:%012d v HANDLER count
  each $rate ASO.TIMER SET t:%012d t EVERY 1000 JITTER 1000
  sleep 3
  fired() { cli info aso | tr -d '\r' | awk -F: '/^aso_timers_fired/{print $2}'; }
  from=$(fired) began=$(date +%s%3N)
  sleep 10
  echo "firings: $((($(fired) - from) * 1000 / ($(date +%s%3N) - began))) a second of $rate due; $(cli info aso | tr -d '\r' | grep -E 'late' | tr '\n' ' ')"
  stop
done

#!/usr/bin/env bash
# Memory and restart time of comet beside Debian's redis-server: 1 M strings of 16 + 64 bytes at rest and after overwriting each twice,
# 1 M hashes of 5 small fields, and the time from start to the first answer with that data on disk (journal or AOF, everysec).
#
#   .ci/bench/memory.sh [COMET-BINARY] [KEYS]
#
# Sends nothing but loopback traffic, works in a temporary folder, and ends both servers. Needs redis-server and redis-tools.
. "$(dirname "$0")/servers.sh"
comet_binary "${1:-}"
keys=${2:-1000000}

free_port() { local p; for p in $(seq 22101 22199); do (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }; done; }
start() { # who port dir: starts a server, sets PID
  mkdir -p "$3"
  if [ "$1" = comet ]; then serve "$2" "$bin" --port "$2" --dir "$3" --appendonly yes --save ""
  else serve "$2" redis-server --port "$2" --bind 127.0.0.1 --dir "$3" --appendonly yes --save ""; fi
}
stop() { kill "$1"; wait "$1" 2>/dev/null || true; }
rss() { awk '/^VmRSS/{printf "%.1f", $2/1024}' "/proc/$1/status"; }
strings() { awk -v n="$keys" -v c="$1" 'BEGIN{v=sprintf("%064d",c); for(i=0;i<n;i++) printf "*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$64\r\n%s\r\n", i, v}'; }
hashes() { awk -v n="$keys" 'BEGIN{for(i=0;i<n;i++){printf "*12\r\n$4\r\nHSET\r\n$16\r\nobj:%012d\r\n", i; for(f=1;f<=5;f++) printf "$6\r\nfield%d\r\n$8\r\nvalue%03d\r\n", f, f}}'; }
load() { redis-cli -p "$1" --pipe >/dev/null; }

printf '%-8s %14s %14s %14s %14s\n' server at_rest_MiB overwritten_MiB hashes_MiB restart_s
for who in redis comet; do
  port=$(free_port)
  start $who "$port" "$tmp/$who-s"; base=$(rss "$PID")
  strings 0 | load "$port"; sleep 2; rest=$(rss "$PID")
  strings 1 | load "$port"; strings 2 | load "$port"; over=$(rss "$PID")
  stop "$PID"
  t0=$(date +%s.%N); start $who "$port" "$tmp/$who-s"
  until [ "$(redis-cli -p "$port" dbsize 2>/dev/null)" = "$keys" ]; do :; done
  t1=$(date +%s.%N); stop "$PID"
  start $who "$port" "$tmp/$who-h"; hashes | load "$port"; sleep 2; hash=$(rss "$PID"); stop "$PID"
  awk -v w=$who -v b="$base" -v r="$rest" -v o="$over" -v h="$hash" -v s="$t0" -v e="$t1" 'BEGIN{printf "%-8s %14.1f %14.1f %14.1f %14.2f   (empty: %.1f MiB)\n", w, r, o, h, e-s, b}'
done

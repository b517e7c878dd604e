# Sourced by the benchmarks here: servers that work in a temporary folder and end with the script. Needs redis-tools.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tmp=$(mktemp -d)
pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; wait "$p" 2>/dev/null || true; done; rm -rf "$tmp"; }
trap cleanup EXIT

# comet_binary [BINARY] sets bin, to one made from the source if none is given.
comet_binary() {
  bin=${1:-}
  if [ -z "$bin" ]; then bin=$tmp/comet; (cd "$here" && go build -o "$bin" ./cmd/comet); fi
}

# serve PORT COMMAND... starts a server, sets PID, and waits until it answers.
serve() {
  local port=$1
  shift
  "$@" >"$tmp/$port.log" 2>&1 &
  PID=$!
  pids+=("$PID")
  until redis-cli -p "$port" ping 2>/dev/null | grep -q PONG; do kill -0 "$PID" || { cat "$tmp/$port.log" >&2; exit 1; }; done
}

# comet_beside_redis starts both without a journal, at the ports comet and redis.
comet_beside_redis() {
  serve "$comet" "$bin" --port "$comet" --appendonly no
  comet_pid=$PID
  serve_redis
}

# serve_redis starts redis-server without a journal, at the port redis.
serve_redis() {
  serve "$redis" redis-server --port "$redis" --bind 127.0.0.1 --save '' --dir "$tmp"
  redis_pid=$PID
}

# cpu PID prints the microseconds of processor time that a process has used, of all its threads, user and system.
cpu() { awk '{sub(/^.*\) /, ""); print ($12 + $13) * 10000}' "/proc/$1/stat"; }

# load_logic PORT NAME... gives the keys NAME:* the handler logic/NAME.lua.
load_logic() {
  local port=$1 name
  shift
  for name; do
    redis-cli -p "$port" -x ASO.LOAD <"$here/.ci/bench/logic/$name.lua" >/dev/null
    redis-cli -p "$port" ASO.RULE SET "$name" "$name:*" "$name" >/dev/null
  done
}

# median PORT REQUESTS ARGUMENT... prints requests a second of redis-benchmark, the median of three runs with 50 clients.
median() {
  local port=$1 requests=$2
  shift 2
  for _ in 1 2 3; do
    redis-benchmark -p "$port" -c 50 -n "$requests" --csv "$@" | tail -1 | cut -d, -f2 | tr -d '"'
  done | sort -n | sed -n 2p
}

# costs PID PORT REQUESTS ARGUMENT... prints the median, and the microseconds of processor time of the server for a request.
costs() {
  local pid=$1 before rate
  shift
  before=$(cpu "$pid")
  rate=$(median "$@")
  awk -v r="$rate" -v c=$(($(cpu "$pid") - before)) -v n="$2" 'BEGIN{printf "%s %.2f", r, c / n / 3}'
}

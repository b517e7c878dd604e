#!/usr/bin/env bash
# The main commands of each family, and what has many elements or bytes, beside redis-server: requests a second, and CPU time of the server process a
# request (user and system, of all its threads), which is steadier on a busy machine. Ratios above 1 mean that comet does more, or needs less.
#
#   .ci/bench/families.sh [--comet BINARY] [--only REGEX] [--pairs N] [--share PERCENT] [--pipelines "16 64"] [--itself 1]
#
#   --only REGEX       only cells whose name, family/cell, matches
#   --pairs N          each cell N times, redis and comet in turn; what is printed is the median of each column (default 3)
#   --share PERCENT    this share of the requests (default 100, about half a second for each run)
#   --itself 1         a second redis-server in comet's place: what the ratios of the same server are shows how far they can be trusted
#
# Sends nothing but loopback traffic, works in a temporary folder, and ends both servers. Needs redis-server, redis-tools and Go.
. "$(dirname "$0")/servers.sh"
binary='' only=. pairs=3 share=100 pipelines='16 64' itself=''
while [ $# -gt 0 ]; do
  case $1 in
    --comet) binary=$2;; --only) only=$2;; --pairs) pairs=$2;; --share) share=$2;; --pipelines) pipelines=$2;; --itself) itself=$2;;
    *) sed -n '2,12p' "$0"; exit 2;;
  esac
  shift 2
done
comet=22221 redis=22222
if [ -n "$itself" ]; then
  serve $comet redis-server --port $comet --bind 127.0.0.1 --save '' --dir "$tmp"
  comet_pid=$PID
  serve_redis
else
  comet_binary "$binary"
  comet_beside_redis
fi

rss() { awk '/^VmRSS/{printf "%.1f", $2 / 1024}' "/proc/$1/status"; }
wanted() { [[ $1 =~ $only ]]; }
value=$(printf 'v%.0s' $(seq 64))

# both COMMAND... sends a command to both servers, lines those of its standard input.
both() { for p in $comet $redis; do redis-cli -p $p "$@" >/dev/null; done; }
lines() {
  cat >"$tmp/lines"
  for p in $comet $redis; do redis-cli -p $p --pipe <"$tmp/lines" >/dev/null; done
}

# one PORT PID REQUESTS PIPELINE COMMAND... prints requests a second and microseconds of CPU a request.
one() {
  local before after rate
  before=$(cpu "$2")
  rate=$(redis-benchmark -p "$1" -c 50 -n "$3" -r 100000 -P "$4" --csv "${@:5}" | tail -1 | awk -F'","' '{print $2}')
  after=$(cpu "$2")
  awk -v r="$rate" -v c=$((after - before)) -v n="$3" 'BEGIN{printf "%s %.3f", r, c / n}'
}

# compare NAME PIPELINE REQUESTS COMMAND... prints a row: the medians of the pairs, whose halves take turns in coming first.
compare() {
  local name=$1 pipeline=$2 n=$(($3 * share / 100)) theirs ours
  shift 3
  for pair in $(seq "$pairs"); do
    if [ $((pair % 2)) = 0 ]; then ours=$(one $comet "$comet_pid" $n "$pipeline" "$@"); fi
    theirs=$(one $redis "$redis_pid" $n "$pipeline" "$@")
    if [ $((pair % 2)) = 1 ]; then ours=$(one $comet "$comet_pid" $n "$pipeline" "$@"); fi
    echo "$theirs $ours"
  done | awk -v n="$name" -v p="$pipeline" '
    function median(column,  i, j, v) {
      for (i = 1; i <= NR; i++) { for (j = i; j > 1 && v[j - 1] > cell[i, column]; j--) v[j] = v[j - 1]; v[j] = cell[i, column] }
      return NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
    }
    {for (i = 1; i <= 4; i++) cell[NR, i] = $i + 0; cell[NR, 5] = $3 / $1; cell[NR, 6] = $2 / ($4 + 1e-9)}
    END{printf "%-22s %4d %12.0f %12.0f %7.2f %11.2f %11.2f %7.2f\n", n, p, median(1), median(3), median(5), median(2), median(4), median(6)}'
}

# brief NAME COMMAND... compares a command that takes about a microsecond, in pipelines.
brief() {
  wanted "$1" || return 0
  for pipeline in $pipelines; do compare "$1" "$pipeline" $((pipeline == 16 ? 400000 : 600000)) "${@:2}"; done
}

# long NAME REQUESTS COMMAND... compares one that takes longer, at pipeline 1.
long() {
  wanted "$1" || return 0
  compare "$1" 1 "${@:2}"
}

printf '%-22s %4s %12s %12s %7s %11s %11s %7s\n' cell P redis_rps comet_rps ratio redis_us comet_us ratio

# idle opens 10 000 connections that do nothing and prints the growth of the memory for each, after the
# servers had time to shrink buffers. It comes first: memory that was freed before would be used again.
idle() {
  local before after opener
  redis-cli -p "$1" CONFIG SET maxclients 11000 >/dev/null
  before=$(rss "$2")
  redis-benchmark -p "$1" -c 10000 -I >/dev/null &
  opener=$!
  until redis-cli -p "$1" INFO clients | tr -d '\r' | awk -F: '/^connected_clients/ && $2 >= 10000 {n = 1} END{exit !n}'; do kill -0 $opener || exit 1; done
  sleep 5
  after=$(rss "$2")
  kill $opener
  wait $opener 2>/dev/null || true
  awk -v a="$before" -v b="$after" 'BEGIN{printf "%.1f", (b - a) * 1024 / 10000}'
}
if wanted idle/10000; then
  theirs=$(idle $redis "$redis_pid")
  ours=$(idle $comet "$comet_pid")
  awk -v a="$theirs" -v b="$ours" 'BEGIN{printf "%-22s redis %.1f KiB, comet %.1f KiB each: %.2f of the memory\n", "idle/10000", a, b, b / a}'
fi

key=key:__rand_int__

both FLUSHALL
brief string/SET SET $key "$value"
brief string/GET GET $key
brief string/MGET10 MGET $key $key $key $key $key $key $key $key $key $key
brief string/MSET10 MSET $key a $key b $key c $key d $key e $key f $key g $key h $key i $key j
brief string/SETEX SETEX $key 1000 "$value"
brief string/SETNX SETNX $key "$value"
brief string/GETSET GETSET $key "$value"
brief string/STRLEN STRLEN $key
brief string/GETRANGE GETRANGE $key 0 9
brief string/SETRANGE SETRANGE $key 3 abc
brief string/APPEND APPEND append:__rand_int__ abc
brief string/INCR INCR counter:__rand_int__
brief string/INCRBYFLOAT INCRBYFLOAT float:__rand_int__ 1.5
brief key/EXISTS EXISTS $key
brief key/TYPE TYPE $key
brief key/EXPIRE EXPIRE $key 1000
brief key/TTL TTL $key
brief key/DEL DEL $key
brief connection/PING PING

both FLUSHALL
brief hash/HSET HSET hash field:__rand_int__ "$value"
brief hash/HGET HGET hash field:__rand_int__
brief hash/HMGET5 HMGET hash field:__rand_int__ field:__rand_int__ field:__rand_int__ field:__rand_int__ field:__rand_int__
brief hash/HINCRBY HINCRBY counts field:__rand_int__ 1
brief hash/HEXISTS HEXISTS hash field:__rand_int__
brief hash/HDEL HDEL hash field:__rand_int__
brief hash/HSET-small HSET small:__rand_int__ name "$value" age 30
brief hash/HGET-small HGET small:__rand_int__ name
for i in $(seq 50); do echo "HSET fifty field$i value$i"; done | lines
long hash/HGETALL50 60000 HGETALL fifty

both FLUSHALL
brief list/LPUSH LPUSH list "$value"
brief list/LLEN LLEN list
brief list/LINDEX LINDEX list 10
brief list/LPOP LPOP list
brief list/RPUSH RPUSH list "$value"
brief list/RPOP RPOP list
brief list/LMOVE LMOVE list list LEFT RIGHT
for i in $(seq 1000); do echo "RPUSH thousand value$i"; done | lines
long list/LRANGE100 60000 LRANGE thousand 0 99
long list/LRANGE600 20000 LRANGE thousand 0 599

both FLUSHALL
brief set/SADD SADD set member:__rand_int__
brief set/SISMEMBER SISMEMBER set member:__rand_int__
brief set/SCARD SCARD set
brief set/SREM SREM set member:__rand_int__
brief set/SADD-again SADD set member:__rand_int__
brief set/SRANDMEMBER SRANDMEMBER set
brief set/SPOP SPOP set
for i in $(seq 10000); do echo "SADD a:10k member:$i"; echo "SADD b:10k member:$((i * 2))"; echo "SADD a:int $i"; echo "SADD b:int $((i * 2))"; done | lines
long set/SINTER10k 300 SINTER a:10k b:10k
long set/SINTERCARD10k 300 SINTERCARD 2 a:10k b:10k
long set/SINTER-int10k 300 SINTER a:int b:int
long set/SUNION10k 100 SUNION a:10k b:10k
long set/SDIFF10k 300 SDIFF a:10k b:10k
long set/SMEMBERS10k 300 SMEMBERS a:10k

both FLUSHALL
brief zset/ZADD ZADD zset __rand_int__ member:__rand_int__
brief zset/ZSCORE ZSCORE zset member:__rand_int__
brief zset/ZRANK ZRANK zset member:__rand_int__
brief zset/ZINCRBY ZINCRBY zset 1 member:__rand_int__
brief zset/ZCOUNT ZCOUNT zset 1000 50000
brief zset/ZREM ZREM zset member:__rand_int__
brief zset/ZADD-again ZADD zset __rand_int__ member:__rand_int__
brief zset/ZPOPMIN ZPOPMIN zset
for i in $(seq 1000); do echo "ZADD thousand $i member:$i"; echo "ZADD other $i member:$((i * 2))"; done | lines
long zset/ZRANGE100 60000 ZRANGE thousand 0 99
long zset/ZRANGE100-scores 60000 ZRANGE thousand 0 99 WITHSCORES
long zset/ZRANGEBYSCORE100 60000 ZRANGEBYSCORE thousand 100 199
long zset/ZREVRANGE100 60000 ZREVRANGE thousand 0 99
long zset/ZINTER1k 1000 ZINTER 2 thousand other

both FLUSHALL
brief stream/XADD XADD stream '*' field "$value"
brief stream/XLEN XLEN stream
brief stream/XADD-trimmed XADD trimmed MAXLEN '~' 1000 '*' field "$value"
both XGROUP CREATE stream group 0
brief stream/XREADGROUP XREADGROUP GROUP group consumer COUNT 1 STREAMS stream '>'
brief stream/XREAD1 XREAD COUNT 1 STREAMS stream 0
long stream/XREAD100 60000 XREAD COUNT 100 STREAMS stream 0
long stream/XRANGE100 60000 XRANGE stream - + COUNT 100
long stream/XREVRANGE100 60000 XREVRANGE stream + - COUNT 100

both FLUSHALL
brief bitmap/SETBIT SETBIT bits:__rand_int__ 12345 1
brief bitmap/GETBIT GETBIT bits:__rand_int__ 12345
brief bitmap/BITFIELD BITFIELD fields:__rand_int__ INCRBY u8 '#3' 1
both SETRANGE meg 0 "$(printf 'bits%.0s' $(seq 10000))"
both SETBIT meg 8388607 1
both SETBIT meg2 8388607 1
long bitmap/BITCOUNT1M 2000 BITCOUNT meg
long bitmap/BITPOS1M 1000 BITPOS meg2 1
long bitmap/BITOP1M 500 BITOP AND out meg meg2

both FLUSHALL
brief hll/PFADD PFADD hll element:__rand_int__
brief hll/PFADD-keys PFADD hll:__rand_int__ element:__rand_int__
both PFADD hll2 a b c
brief hll/PFCOUNT PFCOUNT hll
long hll/PFCOUNT2 20000 PFCOUNT hll hll2
long hll/PFMERGE 20000 PFMERGE merged hll hll2

both FLUSHALL
brief geo/GEOADD GEOADD geo 13.36 38.11 member:__rand_int__
for i in $(seq 0 999); do echo "GEOADD places $((i % 100)).5 $((i / 20)).5 place:$i"; done | lines
brief geo/GEOPOS GEOPOS places place:10
brief geo/GEODIST GEODIST places place:10 place:500
brief geo/GEOHASH GEOHASH places place:10
long geo/GEOSEARCH 30000 GEOSEARCH places FROMLONLAT 20 20 BYRADIUS 500 km ASC
long geo/GEOSEARCH-count 30000 GEOSEARCH places FROMLONLAT 20 20 BYRADIUS 1000 km ASC COUNT 10

both FLUSHALL
for i in $(seq 10000); do n=$((i * 7919 % 10007)); echo "RPUSH ten $n"; echo "SET weight:$n $i"; echo "HSET object:$n weight $i"; done | lines
long sort/SORT10k 100 SORT ten
long sort/SORT10k-limit 100 SORT ten LIMIT 0 10
long sort/SORT10k-alpha 100 SORT ten ALPHA
long sort/SORT10k-by 100 SORT ten BY 'weight:*'
long sort/SORT10k-by-limit 100 SORT ten BY 'weight:*' LIMIT 0 10
long sort/SORT10k-by-field 100 SORT ten BY 'object:*->weight'
long sort/SORT10k-get 100 SORT ten GET 'weight:*'
long sort/SORT10k-store 100 SORT ten STORE sorted

both FLUSHALL
get_script="return redis.call('get',KEYS[1])"
counter_script="local n = tonumber(redis.call('get',KEYS[1]) or '0') + 1 redis.call('set',KEYS[1],n,'EX',ARGV[1]) return n"
for p in $comet $redis; do
  get_sha=$(redis-cli -p $p SCRIPT LOAD "$get_script")
  counter_sha=$(redis-cli -p $p SCRIPT LOAD "$counter_script")
  printf '#!lua name=lib\nredis.register_function("read", function(keys, args) return redis.call("GET", keys[1]) end)\n' | redis-cli -p $p -x FUNCTION LOAD >/dev/null
  redis-benchmark -p $p -r 100000 -n 200000 -P 64 -q SET $key "$value" >/dev/null
done
brief script/EVALSHA-get EVALSHA "$get_sha" 1 $key
brief script/EVALSHA-counter EVALSHA "$counter_sha" 1 counter:__rand_int__ 600
brief script/EVAL-get EVAL "$get_script" 1 $key
brief script/FCALL-get FCALL read 1 $key
long script/loop10k 5000 EVAL 'local n = 0 for i = 1, 10000 do n = n + i % 7 end return n' 0
long script/array1k 10000 EVAL 'local t = {} for i = 1, 1000 do t[i] = i * 2 end local s = 0 for _, v in ipairs(t) do s = s + v end return s' 0
long script/calls18 3000 EVAL 'local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(18)' 0
long script/concat200 5000 EVAL 'local s = [[]] for i = 1, 200 do s = s .. i .. [[,]] end return #s' 0
long script/sort1k 3000 EVAL 'local t = {} for i = 1, 1000 do t[i] = i * 7919 % 1000 end table.sort(t) return t[1]' 0
long script/json100 5000 EVAL 'local t = {} for i = 1, 100 do t[ [[k]] .. i] = {id = i, name = [[n]] .. i} end return #cjson.encode(cjson.decode(cjson.encode(t)))' 0
long script/incr100 10000 EVAL 'for i = 1, 100 do redis.call("incr", KEYS[1]) end return 1' 1 counter:1

both FLUSHALL
brief pubsub/PUBLISH-none PUBLISH nobody "$value"

# big NAME COMMAND compares moving a value of 100 MB, one client.
big() {
  wanted "$1" || return 0
  local row='' who
  for who in "$redis $redis_pid" "$comet $comet_pid"; do
    set -- "$1" "$2" $who
    local before after rate
    before=$(cpu "$4")
    rate=$(redis-benchmark -p "$3" -c 1 -n 10 -d 100000000 --csv -t "$2" | tail -1 | awk -F'","' '{print $2}')
    after=$(cpu "$4")
    row="$row $rate $(((after - before) / 10))"
  done
  awk -v n="$1" -v v="$row" 'BEGIN{split(v, f)
    printf "%-22s %4d %12.2f %12.2f %7.2f %11.0f %11.0f %7.2f\n", n, 1, f[1], f[3], f[3] / f[1], f[2], f[4], f[2] / f[4]}'
}
big big/SET100MB set
big big/GET100MB get
both FLUSHALL

if wanted pubsub/1000-subscribers; then go run "$here/.ci/bench/subscribers.go" $redis "$redis_pid" $comet "$comet_pid"; fi

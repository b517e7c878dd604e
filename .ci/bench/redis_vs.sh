#!/usr/bin/env bash
# Compare a running Redis-protocol server with Debian's redis-server on this machine.
#
#   redis_vs.sh HOST PORT [options]
#     --quick             short run (under 60 s): 2 rounds of 0.2 s slices, smaller key space
#     --rounds N          rounds A B A B ... (default 3, quick 2)
#     --slice SECONDS     how long one measured slice should last (default 1.0, quick 0.2)
#     --pipelines "1 16"  pipeline depths (default "1 16 64")
#     --tests "set get"   subset of: ping set get incr lpush hset zadd evalget evalcount
#     --aof no|everysec|always   how the reference redis persists (default no)
#     --redis-port N      port of the reference (default: first free one from 21901 up)
#     --redis-bin PATH    reference binary (default redis-server; may be a valkey-server)
#     --pid PID           pid of the server under test: also prints its CPU microseconds per request (redis -> tested);
#                         on a busy machine that is steadier than the throughput ratio
#     --budget SECONDS    stop after this many seconds, print what is there (default 285, quick 57)
#     --min-ratio X       exit 3 when any cell's median ratio is below X (for CI; off by default)
#                         exit 4 when a cell gave no result (server failed, or budget ran out); commands the server lacks are only skipped
#     --tsv FILE          also write raw slices: round cell P server rps p50_ms p99_ms
#
# It writes redis-benchmark's usual keys (key:*, counter:*, mylist, myhash, myzset) into the server under test
# and deletes mylist/myhash/myzset before it ends. It sends nothing but loopback traffic unless HOST says otherwise;
# HOST must be a loopback address. Ratio > 1 means the server under test did more requests per second.
set -u -o pipefail
die() { echo "redis_vs: $*" >&2; exit 2; }
[ $# -ge 2 ] || { sed -n '2,23p' "$0"; exit 2; }
HOST=$1; PORT=$2; shift 2
case $HOST in 127.*|localhost|::1) ;; *) die "HOST must be a loopback address";; esac
ROUNDS=; SLICE=; PIPES="1 16 64"; TESTS="ping set get incr lpush hset zadd evalget evalcount"
AOF=no; RPORT=; RBIN=redis-server; TPID=; BUDGET=; TSV=; QUICK=0; MINR=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) QUICK=1;; --rounds) ROUNDS=$2; shift;; --slice) SLICE=$2; shift;;
    --pipelines) PIPES=$2; shift;; --tests) TESTS=$2; shift;; --aof) AOF=$2; shift;;
    --redis-port) RPORT=$2; shift;; --redis-bin) RBIN=$2; shift;; --pid) TPID=$2; shift;;
    --budget) BUDGET=$2; shift;; --tsv) TSV=$2; shift;; --min-ratio) MINR=$2; shift;;
    *) die "unknown option $1";;
  esac; shift
done
if [ $QUICK = 1 ]; then : "${ROUNDS:=2}" "${SLICE:=0.2}" "${BUDGET:=57}"; SPACE=100000; FILL=200000
else : "${ROUNDS:=3}" "${SLICE:=1.0}" "${BUDGET:=285}"; SPACE=1000000; FILL=1000000; fi
CONNS=50; SIZE=64
command -v redis-benchmark >/dev/null || die "redis-benchmark not found (Debian: redis-tools)"
command -v "$RBIN" >/dev/null || die "$RBIN not found (Debian: redis-server)"
T0=$(date +%s.%N)
left() { awk -v a="$T0" -v b="$(date +%s.%N)" -v m="$BUDGET" 'BEGIN{print (b-a<m)?1:0}'; }
# seconds a single call may still take: the rest of the budget, at least 1, at most $1
tmo() { awk -v a="$T0" -v b="$(date +%s.%N)" -v m="$BUDGET" -v c="$1" 'BEGIN{r=int(m-(b-a)); if(r<1)r=1; if(r>c)r=c; print r}'; }
free_port() { local p; for p in $(seq 21901 21999); do (exec 3<>/dev/tcp/127.0.0.1/$p) 2>/dev/null || { echo $p; return; }; done; die "no free port"; }
: "${RPORT:=$(free_port)}"
TMP=$(mktemp -d); RPID=
cleanup() { [ -n "$RPID" ] && kill "$RPID" 2>/dev/null && wait "$RPID" 2>/dev/null; rm -rf "$TMP"; }
trap cleanup EXIT; trap 'exit 130' INT TERM
appendonly=yes; fsync=$AOF; [ "$AOF" = no ] && { appendonly=no; fsync=everysec; }
"$RBIN" --port "$RPORT" --bind 127.0.0.1 --save '' --appendonly $appendonly --appendfsync $fsync --dir "$TMP" --daemonize no >"$TMP/log" 2>&1 &
RPID=$!
for _ in $(seq 100); do timeout 5 redis-cli -h 127.0.0.1 -p "$RPORT" ping 2>/dev/null | grep -q PONG && break; sleep 0.05; done
timeout 5 redis-cli -h 127.0.0.1 -p "$RPORT" ping 2>/dev/null | grep -q PONG || die "reference did not start: $(tail -3 "$TMP/log")"
timeout 5 redis-cli -h "$HOST" -p "$PORT" ping 2>/dev/null | grep -qi PONG || die "no PONG within 5 s from $HOST:$PORT"
A_H=127.0.0.1; A_P=$RPORT; B_H=$HOST; B_P=$PORT
cli() { local w=$1; shift; local h p; [ $w = A ] && { h=$A_H; p=$A_P; } || { h=$B_H; p=$B_P; }; timeout "$(tmo 5)" redis-cli -h $h -p $p "$@" 2>&1; }
GETSCRIPT="return redis.call('get',KEYS[1])"
CNTSCRIPT="local n = tonumber(redis.call('get',KEYS[1]) or '0') + 1 redis.call('set',KEYS[1],n,'EX',ARGV[1]) return n"
declare -A SHA RATE SKIP
for w in A B; do
  SHA[$w.evalget]=$(cli $w script load "$GETSCRIPT"); SHA[$w.evalcount]=$(cli $w script load "$CNTSCRIPT")
  for t in evalget evalcount; do [[ ${SHA[$w.$t]} =~ ^[0-9a-f]{40}$ ]] || SKIP[$t]="no SCRIPT LOAD"; done
done
V=$(printf 'x%.0s' $(seq $SIZE))
args_of() { # test who -> ARGS
  case $1 in
    ping) ARGS=(-t ping_mbulk);; set) ARGS=(-t set);; get) ARGS=(-t get);; incr) ARGS=(-t incr);;
    lpush) ARGS=(-t lpush);; hset) ARGS=(-t hset);; zadd) ARGS=(-t zadd);;
    evalget) ARGS=(evalsha "${SHA[$2.evalget]}" 1 key:__rand_int__);;
    evalcount) ARGS=(evalsha "${SHA[$2.evalcount]}" 1 counter:__rand_int__ 600);;
    *) die "unknown test $1";;
  esac
}
slice() { # who test P n -> RPS P50 P99
  local h p; [ $1 = A ] && { h=$A_H; p=$A_P; } || { h=$B_H; p=$B_P; }
  args_of $2 $1
  local line; line=$(timeout "$(tmo 20)" redis-benchmark -h $h -p $p -c $CONNS -d $SIZE -r $SPACE -P $3 -n $4 --csv "${ARGS[@]}" 2>/dev/null | tail -1)
  read -r RPS P50 P99 < <(awk -F'","' -v l="$line" 'BEGIN{n=split(l,f,"\",\""); if(n<7){print "0 0 0"} else {gsub(/"/,"",f[1]); print f[2],f[5],f[7]}}')
}
cpu_of() { awk '{sub(/^.*\) /,""); print $12+$13}' "/proc/$1/stat" 2>/dev/null || echo 0; }
HZ=$(getconf CLK_TCK)
for w in A B; do # same key space on both sides before anything is timed
  h=$A_H; p=$A_P; [ $w = B ] && { h=$B_H; p=$B_P; }
  timeout "$(tmo 60)" redis-benchmark -h $h -p $p -c $CONNS -d $SIZE -r $SPACE -P 64 -n $FILL -q -t set >/dev/null 2>&1 || die "fill of $h:$p failed or did not end in the time budget"
done
: > "$TMP/raw"
declare -A CPU OPS
for t in $TESTS; do
  [ -n "${SKIP[$t]:-}" ] && continue
  for P in $PIPES; do for w in A B; do # unmeasured probe: finds the rate, so that slices last SLICE seconds
    [ "$(left)" = 1 ] || break
    slice $w $t $P $((P*400+600)); RATE[$w.$t.$P]=$RPS
    [ "$RPS" = 0 ] && SKIP[$t.$P]="no result from $w"
  done; done
done
done_rounds=0
for r in $(seq "$ROUNDS"); do
  for t in $TESTS; do
    [ -n "${SKIP[$t]:-}" ] && continue
    for P in $PIPES; do
      [ -n "${SKIP[$t.$P]:-}" ] && continue
      order="A B"; [ $((r%2)) = 0 ] && order="B A"
      for w in $order; do
        [ "$(left)" = 1 ] || break 4
        n=$(awk -v r="${RATE[$w.$t.$P]}" -v s="$SLICE" -v p="$P" 'BEGIN{n=int(r*s); if(n<p*50)n=p*50; print n}')
        who=$TPID; [ $w = A ] && who=$RPID
        [ -n "$who" ] && c0=$(cpu_of "$who")
        slice $w $t $P "$n"
        if [ -n "$who" ]; then c1=$(cpu_of "$who"); CPU[$w.$t.$P]=$(( ${CPU[$w.$t.$P]:-0} + c1 - c0 )); OPS[$w.$t.$P]=$(( ${OPS[$w.$t.$P]:-0} + n )); fi
        [ "$RPS" = 0 ] && { SKIP[$t.$P]="slice failed on $w"; break; }
        RATE[$w.$t.$P]=$RPS
        echo "$r $t $P $w $RPS $P50 $P99" >> "$TMP/raw"
      done
    done
    case $t in lpush) cli A del mylist >/dev/null; cli B del mylist >/dev/null;; esac
  done
  done_rounds=$r
done
for w in A B; do cli $w del mylist myhash myzset >/dev/null; done
[ -n "$TSV" ] && cp "$TMP/raw" "$TSV"
awk -v n="$(nproc)" '$1>n+1.5{printf "WARNING: load average %s on %d cores: something else was running; single ratios here can be off by a factor of 2 or more\n",$1,n}' /proc/loadavg
ver=$(timeout 5 redis-cli -p "$RPORT" info server | awk -F: '/^(redis|valkey)_version/{v=v" "$1"="$2} END{gsub(/\r/,"",v);print v}')
echo "server under test $HOST:$PORT against $RBIN ($ver, aof=$AOF); -c $CONNS -d $SIZE -r $SPACE; $done_rounds full rounds, slices of $SLICE s; load $(cut -d' ' -f1-3 /proc/loadavg); $(nproc) cores"
for t in $TESTS; do
  for P in $PIPES; do
    why=${SKIP[$t]:-}${SKIP[$t.$P]:-}; extra=
    for w in A B; do
      [ -n "${OPS[$w.$t.$P]:-}" ] && extra="$extra${extra:+->}$(awk -v c="${CPU[$w.$t.$P]}" -v o="${OPS[$w.$t.$P]}" -v h="$HZ" 'BEGIN{printf "%.2f",c/h*1e6/o}')"
    done
    [ -n "$why" ] && echo "X $t $P ${why// /_}" || echo "R $t $P ${extra:--}"
  done
done > "$TMP/cells"
awk -v minr="${MINR:-0}" '
function med(s,  a,n,i,j,x){n=split(s,a," ");for(i=2;i<=n;i++){x=a[i]+0;for(j=i-1;j>0&&a[j]+0>x;j--)a[j+1]=a[j];a[j+1]=x};return n==0?0:(n%2?a[(n+1)/2]+0:(a[n/2]+a[n/2+1])/2)}
FNR==NR{k=$2" "$3;v[$1" "k" "$4]=$5; L[k" "$4]=L[k" "$4]" "$5; P5[k" "$4]=P5[k" "$4]" "$6; P9[k" "$4]=P9[k" "$4]" "$7; if(((($1" "k" A") in v))&&((($1" "k" B") in v))) Q[k]=Q[k]" "v[$1" "k" B"]/v[$1" "k" A"]; next}
FNR==1{printf "%-10s %4s %12s %12s %8s %8s %8s   %s\n","workload","P","redis_rps","tested_rps","ratio","min","max","p50/p99 ms redis -> tested [server cpu us/req]"}
{k=$2" "$3; if($1=="X"){printf "%-10s %4s  skipped: %s\n",$2,$3,$4; if($4 !~ /^no_SCRIPT/) lost++; next}
 n=split(Q[k],q," "); if(n==0){printf "%-10s %4s  not reached in the time budget\n",$2,$3; lost++; next}
 lo=1e9;hi=0;for(i=1;i<=n;i++){if(q[i]+0<lo)lo=q[i]+0;if(q[i]+0>hi)hi=q[i]+0}
 m=med(Q[k]); if(minr>0&&m<minr)bad++; lg+=log(m);c++
 printf "%-10s %4s %12.0f %12.0f %7.2fx %7.2fx %7.2fx   %.2f/%.2f -> %.2f/%.2f%s\n",$2,$3,med(L[k" A"]),med(L[k" B"]),m,lo,hi,med(P5[k" A"]),med(P9[k" A"]),med(P5[k" B"]),med(P9[k" B"]),($4!="-"?" ["$4"]":"")}
END{if(c)printf "geometric mean of the ratios over %d cells: %.2fx\n",c,exp(lg/c); if(lost)printf "%d cells without a result\n",lost; if(bad){printf "%d cells below %.2fx\n",bad,minr; exit 3} if(lost)exit 4}' "$TMP/raw" "$TMP/cells"
rc=$?
awk -v a="$T0" -v b="$(date +%s.%N)" 'BEGIN{printf "took %.0f s\n",b-a}'
exit $rc

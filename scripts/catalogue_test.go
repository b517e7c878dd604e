package scripts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOnceIsReadableOnceByAnyReadCommand(t *testing.T) {
	for _, read := range []string{"GET k", "GETRANGE k 0 -1", "MGET k", "GETEX k", "ASO.GET k"} {
		s := newStore(t)
		s.want("ASO.SET k secret HANDLER std/once", "+OK")
		s.want("STRLEN k", ":6") // STRLEN tells the length, not the value
		if got := s.do(read); !strings.Contains(got, "$6|secret") {
			t.Errorf("%s: got %s", read, got)
		}
		s.want("EXISTS k", ":0")
		s.want("GET k", "$-1")
	}
}

func TestOnceCountsReadsAndRefusesWrites(t *testing.T) {
	s := newStore(t)
	s.want("ASO.SET k v EX 60 HANDLER std/once PARAM reads 3", "+OK")
	s.want("SET k other", "-ASODENY a value that is read 3 times is written once")
	s.want("APPEND k x", "-ASODENY a value that is read 3 times is written once")
	s.want("GET k", "$1|v")
	s.want("GET k", "$1|v")
	s.want("TTL k", ":60")
	s.want("GET k", "$1|v")
	s.want("GET k", "$-1")
	s.want("TTL k", ":-2")
}

func TestOnceAttachesToAnExistingKeyOfAnyType(t *testing.T) {
	s := newStore(t)
	s.want("HSET h f v", ":1")
	s.want("ASO.ATTACH h std/once", ":1")
	s.want("HGETALL h", "*2|$1|f|$1|v")
	s.want("HGETALL h", "*0")
	s.want("DBSIZE", ":0")
}

func TestRatelimitAnswersAsGCRA(t *testing.T) {
	s := newStore(t)
	s.want("ASO.ATTACH api std/ratelimit PARAM count 10 PARAM period 1s PARAM burst 2", ":1")
	s.want("EXISTS api", ":0")
	s.want("ASO.CALL api take", "*5|:1|:3|:2|:-1|:100")
	s.want("ASO.CALL api take", "*5|:1|:3|:1|:-1|:200")
	s.want("ASO.CALL api take", "*5|:1|:3|:0|:-1|:300")
	s.want("ASO.CALL api take", "*5|:0|:3|:0|:100|:300")
	s.advance(100 * time.Millisecond)
	s.want("ASO.CALL api take 0", "*5|:1|:3|:1|:-1|:200")
	s.want("ASO.CALL api take", "*5|:1|:3|:0|:-1|:300")
	s.want("ASO.CALL api take 4", "*5|:0|:3|:0|:-1|:300") // more than can ever be had at once
	s.want("ASO.CALL api reset", "+OK")
	s.want("ASO.CALL api take 3", "*5|:1|:3|:0|:-1|:300")
	s.want("ASO.CALL api take -1", "-ASODENY take needs a number of requests")
	s.want("ASO.CALL api what", "-ASODENY unknown message: take [n] or reset")
}

func TestRatelimitHoldsTheRateOverTime(t *testing.T) {
	s := newStore(t)
	s.want("ASO.ATTACH api std/ratelimit PARAM count 10 PARAM period 1s", ":1")
	allowed := 0
	for range 10_000 { // ten seconds, a request each millisecond
		if strings.HasPrefix(s.do("ASO.CALL api take"), "*5|:1|") {
			allowed++
		}
		s.advance(time.Millisecond)
	}
	if allowed != 100 {
		t.Errorf("%d requests allowed in 10 s, want 100", allowed)
	}
}

func TestAuditKeepsWhoDidWhat(t *testing.T) {
	s := newStore(t)
	s.want("ASO.SET k v HANDLER std/audit PARAM keep 3", "+OK")
	s.want("GET k", "$1|v")
	s.advance(time.Second)
	s.want("SET k w", "+OK")
	s.want("STRLEN k", ":1")
	got := strings.Split(s.do("ASO.CALL k trail"), "|")
	want := []string{
		fmt.Sprintf("%d update set default 127.0.0.1:5000", s.now),
		fmt.Sprintf("%d get get default 127.0.0.1:5000", s.now-1000),
		fmt.Sprintf("%d put aso.set default 127.0.0.1:5000", s.now-1000),
	}
	for i, line := range want {
		if !slices.Contains(got, line) || got[2+2*i] != line {
			t.Errorf("entry %d: got %q, want %q", i, got, line)
		}
	}
	for range 5 {
		s.do("GET k")
	}
	if got := s.do("ASO.CALL k trail"); !strings.HasPrefix(got, "*3|") || strings.Contains(got, "update") {
		t.Errorf("trail of at most 3 entries: %s", got)
	}
}

func TestCapsuleOpensAtItsTime(t *testing.T) {
	s := newStore(t)
	s.want("ASO.SET k v HANDLER std/capsule PARAM after 1h", "+OK")
	sealed := fmt.Sprintf("-ASODENY sealed until %d", s.now+3600_000)
	s.want("GET k", sealed)
	s.want("SET k w", sealed)
	s.want("MGET k", "*1|$-1")
	s.advance(time.Hour - time.Millisecond)
	s.want("GET k", sealed)
	s.advance(time.Millisecond)
	s.want("GET k", "$1|v")
	s.want("SET k w", "+OK")
	if want := []string{"capsule:open k"}; !slices.Equal(s.heard, want) {
		t.Errorf("published %q, want %q", s.heard, want)
	}
}

func TestQuietCapsuleLooksMissing(t *testing.T) {
	s := newStore(t)
	s.want("ASO.SET k v HANDLER std/capsule PARAM after 10m PARAM quiet true", "+OK")
	s.want("GET k", "$-1")
	s.want("STRLEN k", ":1")
	s.advance(10 * time.Minute)
	s.want("GET k", "$1|v")
}

func TestSessionLivesWithUseAndEndsAtLast(t *testing.T) {
	s := newStore(t)
	s.want("ASO.ATTACH s std/session PARAM idle 10m PARAM absolute 25m", ":1")
	s.want("HSET s user 7", ":1")
	s.want("TTL s", ":600")
	s.advance(9 * time.Minute)
	s.want("HGETALL s", "*2|$4|user|$1|7")
	s.want("TTL s", ":600")
	s.advance(9 * time.Minute)
	s.want("HSET s user 8", ":0")
	s.want("TTL s", ":420") // 25 minutes after it began
	s.advance(7*time.Minute - time.Second)
	s.want("HGET s user", "$1|8")
	s.want("TTL s", ":1")
	s.advance(time.Second)
	s.want("EXISTS s", ":0")
}

func TestSessionEndsWhenIdle(t *testing.T) {
	s := newStore(t)
	s.want("ASO.SET s v HANDLER std/session PARAM idle 1m", "+OK")
	s.want("SET s w", "+OK") // a plain SET would end the time to live
	s.want("TTL s", ":60")
	s.advance(time.Minute)
	s.want("DBSIZE", ":0")
}

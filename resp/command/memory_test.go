package command_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// What MEMORY USAGE says of all keys is what they hold, and what finds them.
func TestMemoryUsageAddsUp(t *testing.T) {
	e := newEngine(t)
	e.run("ASO.LOAD", "#!lua name=keeper\nfunction onMessage(self, ev) end")
	long := strings.Repeat("x", 40_000)
	for i := range 300 {
		n := strconv.Itoa(i)
		switch i % 6 {
		case 0:
			e.run("SET", "k"+n, long[:i*100], "EX", "1000")
		case 1:
			e.run("HSET", "k"+n, "f", long[:i], "g", "v")
		case 2:
			e.run("RPUSH", "k"+n, long, long, n)
		case 3:
			e.run("ZADD", "k"+n, n, long[:100])
		case 4:
			for j := range 200 {
				e.run("SADD", "k"+n, "member"+strconv.Itoa(i*j))
			}
		case 5:
			e.run("ASO.SET", "k"+n, "v", "HANDLER", "keeper")
		}
	}
	sum, tables := int64(0), int64(0)
	for i := range 300 {
		n, err := strconv.ParseInt(strings.TrimPrefix(e.do(fmt.Sprint("MEMORY USAGE k", i)), ":"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	for _, st := range e.ks.Stats() {
		tables += st.Tables
	}
	if want := e.ks.MemoryUsed() + tables; sum > want || sum < want-300*8 { // the shares of a table are rounded down
		t.Errorf("the keys use %d bytes, the keyspace %d", sum, want)
	}
}

func TestMemoryDoctorFindsWhatIsWrong(t *testing.T) {
	e := newEngine(t)
	e.run("SET", "k", strings.Repeat("x", 6<<20))
	if got := e.do("MEMORY DOCTOR"); strings.Contains(got, "Peak") || strings.Contains(got, "maxmemory") {
		t.Error(got)
	}
	e.all("CONFIG SET maxmemory 1mb")
	if got := e.do("MEMORY DOCTOR"); !strings.Contains(got, "Sam, I detected a few issues") || !strings.Contains(got, " * Above maxmemory") {
		t.Error(got)
	}
	e.all("CONFIG SET maxmemory 0; APPEND k " + strings.Repeat("y", 6<<20) + "; MEMORY STATS")
	e.run("SET", "k", strings.Repeat("x", 6<<20))
	if got := e.do("MEMORY DOCTOR"); !strings.Contains(got, " * Peak memory") || strings.Contains(got, "Above") {
		t.Error(got)
	}
}

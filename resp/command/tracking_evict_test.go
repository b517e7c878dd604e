package command_test

import (
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"
)

var (
	usedMemory = regexp.MustCompile(`used_memory:(\d+)`)
	clientID   = regexp.MustCompile(`:(\d+)\r\n`)
)

// number asks for a number on a connection.
func number(t *testing.T, c net.Conn, command string, in *regexp.Regexp) int {
	t.Helper()
	m := in.FindStringSubmatch(talk(t, c, command))
	if m == nil {
		t.Fatal(command)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhatGivesWayToACommandIsToldBeforeItsReply lets keys that a client has cached give way to its own command, in a real Redis and in our server.
func TestWhatGivesWayToACommandIsToldBeforeItsReply(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	theirs, ours := startRedis(t), startServer(t)
	for _, c := range []struct{ before, command string }{
		{"CLIENT TRACKING ON", "GETBIT big 0"},
		{"CLIENT TRACKING ON", "GET volatile;GET volatile"},
		{"CLIENT TRACKING ON", "SET refused v"},
		{"CLIENT TRACKING ON", "MULTI;GETBIT big 0;EXEC"},
		{"CLIENT TRACKING ON", "EVAL \"return redis.call('GET', 'volatile')\" 0"},
		{"CLIENT TRACKING ON", "BLPOP nothing 0.01"},
		{"CLIENT TRACKING ON", "CLIENT REPLY SKIP;GETBIT big 0;PING"},
		{"CLIENT TRACKING ON NOLOOP", "GETBIT big 0"},
		{"CLIENT TRACKING ON;PSUBSCRIBE __key*", "GETBIT big 0"},
		{"CLIENT TRACKING OFF;PSUBSCRIBE __key*", "GETBIT big 0"},
		{"PSUBSCRIBE __key*", "BLPOP nothing 0.01"},
		{"", "GETBIT big 0"},
	} {
		for _, redirects := range []bool{false, true} {
			want, got := givenWay(t, theirs, c.before, c.command, redirects), givenWay(t, ours, c.before, c.command, redirects)
			if want != got {
				t.Errorf("%s; %s; another one redirects: %v\n want %q\n got  %q", c.before, c.command, redirects, want, got)
			}
		}
	}
}

// givenWay returns what a client of RESP3 that has read a key gets for the first commands after memory has become short. Another client that has read the
// key may redirect to it.
func givenWay(t *testing.T, addr, before, command string, redirects bool) string {
	t.Helper()
	var conns [2]net.Conn
	for i := range conns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		conns[i] = c
	}
	c, other := conns[0], conns[1]
	talk(t, c, "FLUSHALL;CONFIG SET notify-keyspace-events KEe maxmemory-policy volatile-random maxmemory-eviction-tenacity 100")
	talk(t, c, "SETEX volatile 10000 x;HELLO 3;"+before)
	if redirects {
		talk(t, other, fmt.Sprintf("HELLO 3;CLIENT TRACKING ON REDIRECT %d;GET volatile", number(t, c, "CLIENT ID", clientID)))
	}
	talk(t, c, fmt.Sprintf("CONFIG SET maxmemory %d", number(t, c, "INFO memory", usedMemory)+100<<10))
	got := talk(t, c, "GET volatile;SETBIT big 1600000 0;"+command)
	talk(t, c, "CONFIG SET maxmemory 0;RESET")
	talk(t, other, "RESET")
	return got
}

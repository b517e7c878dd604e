package command_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/resp/command/oracletest"
)

// peer is a connection to a server.
type peer struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, addr string) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t, conn, bufio.NewReader(conn)}
}

// ask runs a command and returns its reply, which is a text.
func (p *peer) ask(words ...string) string {
	p.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	if _, err := p.conn.Write([]byte(b.String())); err != nil {
		p.t.Fatal(err)
	}
	f, err := oracletest.ReadFrame(p.in)
	if err != nil {
		p.t.Fatal(err)
	}
	return f.Text
}

// TestDumpsOfFunctionsAreThoseOfRedis takes payloads of FUNCTION DUMP from here to a real Redis and back.
func TestDumpsOfFunctionsAreThoseOfRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("redis-server is not installed")
	}
	redis, ours := dial(t, startRedis(t)), dial(t, startServer(t))
	noise, rnd := make([]byte, 20_000), rand.New(rand.NewPCG(randtest.Seed(t), 0))
	for i := range noise {
		noise[i] = byte(' ' + rnd.IntN(95))
	}
	for _, comment := range []string{"", "-- short\n", strings.Repeat("-- abcabcabcabcabcabc\n", 400), "-- " + string(noise) + "\n", strings.Repeat("-- long "+string(noise)+"\n", 9)} {
		source := "#!lua name=lib\n" + comment + "redis.register_function{function_name='f', callback=function(keys, args) return args[1] end, flags={'no-writes'}, description='d'}"
		for _, pair := range [][2]*peer{{redis, ours}, {ours, redis}} {
			from, to := pair[0], pair[1]
			from.ask("FUNCTION", "LOAD", "REPLACE", source)
			dump := from.ask("FUNCTION", "DUMP")
			if got := to.ask("FUNCTION", "RESTORE", dump, "FLUSH"); got != "OK" {
				t.Fatalf("%d bytes: %s", len(source), got)
			}
			if got := to.ask("FCALL_RO", "f", "0", "back"); got != "back" {
				t.Errorf("%d bytes: %s", len(source), got)
			}
			if got := to.ask("FUNCTION", "RESTORE", dump); got != "ERR Library lib already exists" {
				t.Error(got)
			}
			if got := to.ask("FUNCTION", "RESTORE", dump, "REPLACE"); got != "OK" {
				t.Error(got)
			}
			if got := to.ask("FUNCTION", "RESTORE", dump[:len(dump)-1]+string([]byte{dump[len(dump)-1] ^ 1})); got != "ERR DUMP payload version or checksum are wrong" {
				t.Error(got)
			}
		}
	}
}

// TestRestoreOfFunctionsIsWholeOrNothing restores payloads some of whose libraries cannot be there, here and in a real Redis.
func TestRestoreOfFunctionsIsWholeOrNothing(t *testing.T) {
	servers := []*peer{dial(t, startServer(t))}
	if _, err := exec.LookPath(*binary); err == nil {
		servers = append(servers, dial(t, startRedis(t)))
	}
	library := func(name, function string) string {
		return fmt.Sprintf("#!lua name=%s\nredis.register_function('%s', function() return '%s of %s' end)", name, function, function, name)
	}
	for _, s := range servers {
		s.ask("FUNCTION", "LOAD", library("a", "one"))
		s.ask("FUNCTION", "LOAD", library("b", "two"))
		dump := s.ask("FUNCTION", "DUMP")
		s.ask("FUNCTION", "FLUSH")
		s.ask("FUNCTION", "LOAD", library("c", "two"))
		for _, policy := range [][]string{nil, {"APPEND"}, {"replace"}} {
			if got := s.ask(append([]string{"FUNCTION", "RESTORE", dump}, policy...)...); got != "ERR Function two already exists" {
				t.Errorf("%v: %s", policy, got)
			}
		}
		if got := s.ask("FCALL", "one", "0"); got != "ERR Function not found" {
			t.Error(got)
		}
		s.ask("FUNCTION", "FLUSH")
		s.ask("FUNCTION", "LOAD", library("a", "two"))
		if got := s.ask("FUNCTION", "RESTORE", dump, "REPLACE"); got != "OK" {
			t.Error(got)
		}
		if got := s.ask("FCALL", "two", "0"); got != "two of b" {
			t.Error(got)
		}
	}
}

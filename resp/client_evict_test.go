package resp

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
)

// stuck has a client send the beginning of a command, and waits until the server holds it.
func stuck(t *testing.T, s *Server, addr net.Addr, size int) *client {
	t.Helper()
	c := dial(t, addr)
	c.send("CLIENT ID\r\n")
	var id uint64
	if _, err := fmt.Fscanf(c.r, ":%d\r\n", &id); err != nil {
		t.Fatal(err)
	}
	c.send(fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s", size+1, strings.Repeat("x", size)))
	for conn := s.Conn(id); conn.Usage().QueryLen < int64(size); {
		runtime.Gosched()
	}
	return c
}

func TestClientsAreEvictedTheLargestFirst(t *testing.T) {
	s, addr := startCommands(t, "--maxmemory", "10mb")
	small, large, spared := stuck(t, s, addr, 200_000), stuck(t, s, addr, 900_000), stuck(t, s, addr, 1)
	talk(t, addr, "CLIENT NO-EVICT ON", "+OK", "CONFIG SET maxmemory-clients 10%", "+OK")
	large.expectEnd()
	talk(t, addr, "CONFIG SET maxmemory-clients 0", "+OK")
	large = stuck(t, s, addr, 2_000_000)
	talk(t, addr, "CLIENT NO-EVICT ON", "+OK", "CONFIG SET maxmemory-clients 3mb", "+OK", "PING", "+PONG", "CONFIG SET maxmemory 1mb", "+OK")
	small.send("x\r\n")
	small.expect("$200001\r\n")
	small.expect(strings.Repeat("x", 200_001))
	talk(t, addr, "CLIENT NO-EVICT ON", "+OK", "CONFIG SET maxmemory-clients 1%", "+OK") // is 128 KB
	large.expectEnd()
	spared.send("x\r\n")
	spared.expect("$2\r\nxx\r\n")
	if got := evictedClients(t, addr); got != 2 {
		t.Errorf("evicted_clients is %d", got)
	}
}

func evictedClients(t *testing.T, addr net.Addr) (n int) {
	t.Helper()
	c := dial(t, addr)
	c.send("INFO stats\r\nQUIT\r\n")
	text, err := io.ReadAll(c.r)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "evicted_clients:")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhatEvictsAClient lets clients hold memory in all the ways there are, and one that protects itself.
func TestWhatEvictsAClient(t *testing.T) {
	_, addr := startCommands(t, "--maxmemory-clients", "1mb", "--client-output-buffer-limit", "pubsub", "0", "0", "0")
	value := "$300000\r\n" + strings.Repeat("v", 300_000) + "\r\n"
	set := "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n" + value
	for _, tt := range []struct{ name, sends string }{
		{"a command", "*2\r\n$4\r\nECHO\r\n$3000000\r\n" + strings.Repeat("x", 2_000_000)},
		{"a transaction", "MULTI\r\n" + strings.Repeat(set, 4)},
		{"watched keys", "*10001\r\n$5\r\nWATCH\r\n" + keys(10_000)},
		{"subscriptions", "*10001\r\n$9\r\nSUBSCRIBE\r\n" + keys(10_000)},
		{"prefixes", "*20004\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n$5\r\nBCAST\r\n" + strings.ReplaceAll(keys(10_000), "$5", "$6\r\nPREFIX\r\n$5")},
	} {
		before := evictedClients(t, addr)
		c := dial(t, addr)
		go func() { _, _ = io.WriteString(c.Conn, tt.sends) }()
		_, _ = io.Copy(io.Discard, c.r)
		if got := evictedClients(t, addr); got != before+1 {
			t.Errorf("%s: %d clients evicted", tt.name, got-before)
		}
	}
	c := dial(t, addr)
	c.send("CLIENT NO-EVICT ON\r\nMULTI\r\n" + strings.Repeat(set, 4))
	c.expect("+OK\r\n+OK\r\n" + strings.Repeat("+QUEUED\r\n", 4))
	c.send("EXEC\r\n")
	c.expect("*4\r\n")
}

// keys are n bulk strings of 5 bytes.
func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "$5\r\n%05d\r\n", i)
	}
	return b.String()
}

func TestASubscriberThatDoesNotReadIsEvicted(t *testing.T) {
	_, addr := startCommands(t, "--maxmemory-clients", "1mb", "--client-output-buffer-limit", "pubsub", "0", "0", "0")
	subscriber := dial(t, addr)
	subscriber.send("SUBSCRIBE c\r\n")
	subscriber.expect("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
	publisher := dial(t, addr)
	message := "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$100000\r\n" + strings.Repeat("m", 100_000) + "\r\n"
	for range 10_000 {
		publisher.send(message)
		line, err := publisher.r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == ":0\r\n" {
			if got := evictedClients(t, addr); got != 1 {
				t.Errorf("evicted_clients is %d", got)
			}
			return
		}
	}
	t.Error("the subscriber is still there")
}

func TestAReplyThatIsNotTakenCounts(t *testing.T) {
	_, addr := startCommands(t)
	talk(t, addr, "SETRANGE k 50000000 v", ":50000001")
	slow := dial(t, addr)
	slow.send("GET k\r\n")
	slow.expect("$50000001\r\n") // most of the rest is still with the server
	talk(t, addr, "CLIENT NO-EVICT ON", "+OK", "CONFIG SET maxmemory-clients 20mb", "+OK")
	if n, err := io.Copy(io.Discard, slow.r); n > 50_000_000 {
		t.Errorf("got all %d bytes, %v", n, err)
	}
}

package command

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"comet/resp/wire"
)

// pushConn is a connection that keeps what is pushed to it.
type pushConn struct {
	mu     sync.Mutex // guards all below
	pushed bytes.Buffer
}

func (c *pushConn) ID() uint64                                 { return 1 }
func (c *pushConn) RemoteAddr() net.Addr                       { return &net.TCPAddr{} }
func (c *pushConn) LocalAddr() net.Addr                        { return &net.TCPAddr{} }
func (c *pushConn) Kill()                                      {}
func (c *pushConn) CloseAfterReply()                           {}
func (c *pushConn) Flush() error                               { return nil }
func (c *pushConn) Park(<-chan struct{}, time.Time) ParkResult { return ParkGone }
func (c *pushConn) SetAuthenticated()                          {}
func (c *pushConn) SetSubscriber(bool)                         {}
func (c *pushConn) Usage() ConnUsage                           { return ConnUsage{} }
func (c *pushConn) Memory() int64                              { return 0 }

func (c *pushConn) Push(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pushed.Write(b)
}

// text returns what was pushed since the last call.
func (c *pushConn) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.pushed.Reset()
	return c.pushed.String()
}

func newSubscriber(protocol int32) (*subscriptions, *pushConn) {
	conn := &pushConn{}
	sub := &subscriptions{conn: conn}
	sub.protocol.Store(protocol)
	return sub, conn
}

// publishNow sends a message to channel c.
func publishNow(h *hub, message []byte) {
	h.Publish([]byte("c"), message, 0)
	h.Flush()
}

func TestMessageIsInTheProtocolOfEachSubscriber(t *testing.T) {
	h := newHub()
	two, twoConn := newSubscriber(2)
	three, threeConn := newSubscriber(3)
	h.subscribe(two, toChannel, []byte("c"))
	h.subscribe(three, toPattern, []byte("?"))
	h.subscribe(three, toChannel, []byte("c"))
	publishNow(h, []byte("x"))
	if got, want := twoConn.text(), "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"; got != want {
		t.Errorf("RESP2: got %q, want %q", got, want)
	}
	want := ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n>4\r\n$8\r\npmessage\r\n$1\r\n?\r\n$1\r\nc\r\n$1\r\nx\r\n"
	if got := threeConn.text(); got != want {
		t.Errorf("RESP3: got %q, want %q", got, want)
	}
}

func TestMessagesWaitForTheConfirmation(t *testing.T) {
	h := newHub()
	sub, conn := newSubscriber(3)
	sub.hold()
	h.subscribe(sub, toChannel, []byte("c"))
	publishNow(h, []byte("early"))
	if got := conn.text(); got != "" {
		t.Errorf("pushed before the confirmation: %q", got)
	}
	sub.release()
	publishNow(h, []byte("late"))
	got := conn.text()
	if early, late := bytes.Index([]byte(got), []byte("early")), bytes.Index([]byte(got), []byte("late")); early < 0 || late < early {
		t.Errorf("after the confirmation: got %q", got)
	}
}

func TestNothingIsKeptOfAClientThatLeft(t *testing.T) {
	h := newHub()
	sub, conn := newSubscriber(3)
	other, _ := newSubscriber(3)
	for i := range 10 {
		name := fmt.Appendf(nil, "c%d", i)
		for kind := range subscriptionKinds {
			h.subscribe(sub, kind, name)
		}
		h.subscribe(other, toChannel, name)
	}
	h.leave(sub)
	h.leave(sub)
	h.subscribe(sub, toChannel, []byte("again"))
	h.Publish([]byte("c1"), []byte("x"), 0)
	h.Flush()
	if got := conn.text(); got != "" {
		t.Errorf("pushed to a client that left: %q", got)
	}
	if got := []int{h.size(toChannel), h.size(toPattern), h.size(toShard), int(h.total.Load()), int(sub.count.Load())}; fmt.Sprint(got) != "[10 0 0 10 0]" {
		t.Errorf("channels, patterns, shard channels, subscriptions, those of the client: %v, want [10 0 0 10 0]", got)
	}
	h.leave(other)
	if h.size(toChannel) != 0 || h.total.Load() != 0 {
		t.Error("channels without subscribers are kept")
	}
}

// TestNoMessageAfterUnsubscribe has clients join and leave while messages come.
func TestNoMessageAfterUnsubscribe(t *testing.T) {
	h := newHub()
	stop := make(chan struct{})
	var publishers sync.WaitGroup
	for range 2 {
		publishers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					publishNow(h, []byte("x"))
				}
			}
		})
	}
	for i := range 500 {
		sub, conn := newSubscriber(2 + int32(i%2))
		h.subscribe(sub, toChannel, []byte("c"))
		h.subscribe(sub, toPattern, []byte("*"))
		h.unsubscribe(sub, toChannel, []byte("c"))
		h.unsubscribe(sub, toPattern, []byte("*"))
		sub.moveHeld(&wire.Reply{})
		conn.text()
		publishNow(h, []byte("x"))
		if got := conn.text(); got != "" {
			t.Fatalf("pushed after the end of the subscription: %q", got)
		}
	}
	close(stop)
	publishers.Wait()
}

func TestMessageIsFormattedOnce(t *testing.T) {
	h := newHub()
	for i := range 1000 {
		sub, _ := newSubscriber(2 + int32(i%2))
		h.subscribe(sub, toChannel, []byte("c"))
	}
	message := bytes.Repeat([]byte("x"), 100)
	publishNow(h, message)
	for _, sub := range h.topics[toChannel]["c"].subscribers {
		sub.conn.(*pushConn).pushed.Grow(1 << 12)
	}
	if n := testing.AllocsPerRun(5, func() { publishNow(h, message) }); n >= 1000 { // the race detector empties pools
		t.Errorf("%v allocations for a message to 1000 subscribers, want less than one each", n)
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, subscribers := range []int{0, 1, 1000} {
		b.Run(fmt.Sprint(subscribers), func(b *testing.B) {
			h := newHub()
			for range subscribers {
				sub := &subscriptions{conn: discardConn{&pushConn{}}}
				sub.protocol.Store(3)
				h.subscribe(sub, toChannel, []byte("c"))
			}
			b.ReportAllocs()
			for b.Loop() {
				publishNow(h, []byte("message"))
			}
		})
	}
}

// discardConn forgets what is pushed.
type discardConn struct{ *pushConn }

func (discardConn) Push([]byte) {}

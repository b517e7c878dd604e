package clients

import (
	"errors"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

func redigo(t *testing.T) redis.Conn {
	t.Helper()
	c, err := redis.Dial("tcp", addr(t), redis.DialClientName("redigo"), redis.DialDatabase(0))
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	_, err = c.Do("FLUSHALL")
	must(t, err)
	return c
}

func TestRedigoScript(t *testing.T) {
	c := redigo(t)
	runScript(t, func(args []string) (any, error) {
		return c.Do(args[0], redis.Args{}.AddFlat(args[1:])...)
	})
}

func TestRedigoPipelineAndTransaction(t *testing.T) {
	c := redigo(t)
	for _, cmd := range []string{"MULTI", "INCR", "INCR", "EXEC"} {
		args := redis.Args{}
		if cmd == "INCR" {
			args = args.Add("n")
		}
		must(t, c.Send(cmd, args...))
	}
	must(t, c.Flush())
	for _, want := range []any{"OK", "QUEUED", "QUEUED"} {
		if got, err := c.Receive(); got != want || err != nil {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
	if n, err := redis.Ints(c.Receive()); err != nil || len(n) != 2 || n[1] != 2 {
		t.Errorf("EXEC: %v, %v", n, err)
	}
}

func TestRedigoPubSub(t *testing.T) {
	sub := redis.PubSubConn{Conn: redigo(t)}
	must(t, sub.Subscribe("news"))
	if s, ok := sub.Receive().(redis.Subscription); !ok || s.Count != 1 {
		t.Errorf("subscription %+v", s)
	}
	other := redigo(t)
	if n, err := redis.Int(other.Do("PUBLISH", "news", "hello")); n != 1 || err != nil {
		t.Errorf("PUBLISH: %d, %v", n, err)
	}
	if m, ok := sub.Receive().(redis.Message); !ok || string(m.Data) != "hello" {
		t.Errorf("message %+v", m)
	}
	must(t, sub.Unsubscribe())
	if s, ok := sub.Receive().(redis.Subscription); !ok || s.Kind != "unsubscribe" || s.Count != 0 {
		t.Errorf("subscription %+v", s)
	}
}

func TestRedigoActiveObject(t *testing.T) {
	if !active() {
		t.Skip("the server has no active objects")
	}
	c := redigo(t)
	_, err := c.Do("ASO.SET", "secret", "42", "HANDLER", "std/once")
	must(t, err)
	if v, err := redis.String(c.Do("GET", "secret")); v != "42" || err != nil {
		t.Errorf("the first read: %q, %v", v, err)
	}
	if _, err := redis.String(c.Do("GET", "secret")); !errors.Is(err, redis.ErrNil) {
		t.Errorf("the second read: %v", err)
	}
	_, err = c.Do("ASO.CALL", "nothing", "take")
	if err == nil || !strings.HasPrefix(err.Error(), "ASONOHANDLER") {
		t.Errorf("a call without handler: %v", err)
	}
}

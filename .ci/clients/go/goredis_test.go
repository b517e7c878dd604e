package clients

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func goRedis(t *testing.T, protocol int) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr(t), Protocol: protocol, ReadTimeout: 10 * time.Second})
	t.Cleanup(func() { _ = c.Close() })
	if err := c.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// bothProtocols runs a check with RESP2 and RESP3.
func bothProtocols(t *testing.T, check func(t *testing.T, c *redis.Client)) {
	for protocol := 2; protocol <= 3; protocol++ {
		t.Run(fmt.Sprintf("RESP%d", protocol), func(t *testing.T) { check(t, goRedis(t, protocol)) })
	}
}

func TestGoRedisScript(t *testing.T) {
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		conn := c.Conn()
		defer conn.Close()
		runScript(t, func(args []string) (any, error) {
			words := make([]any, len(args))
			for i := range args {
				words[i] = args[i]
			}
			v, err := conn.Do(t.Context(), words...).Result()
			if errors.Is(err, redis.Nil) {
				return nil, nil
			}
			return v, err
		})
	})
}

func TestGoRedisTypedReplies(t *testing.T) {
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		ctx := t.Context()
		must(t, c.HSet(ctx, "h", "a", 1, "b", 2).Err())
		must(t, c.ZAdd(ctx, "z", redis.Z{Score: 1.5, Member: "m"}, redis.Z{Score: 2, Member: "n"}).Err())
		must(t, c.SAdd(ctx, "s", "x", "y").Err())
		if m := c.HGetAll(ctx, "h").Val(); len(m) != 2 || m["b"] != "2" {
			t.Errorf("HGetAll: %v", m)
		}
		if z := c.ZRangeWithScores(ctx, "z", 0, -1).Val(); len(z) != 2 || z[0].Score != 1.5 || z[0].Member != "m" {
			t.Errorf("ZRangeWithScores: %v", z)
		}
		if z := c.ZPopMin(ctx, "z").Val(); len(z) != 1 || z[0].Score != 1.5 {
			t.Errorf("ZPopMin: %v", z)
		}
		if s := c.SMembersMap(ctx, "s").Val(); len(s) != 2 {
			t.Errorf("SMembersMap: %v", s)
		}
		if cfg, err := c.ConfigGet(ctx, "maxmemory").Result(); err != nil || cfg["maxmemory"] == "" {
			t.Errorf("ConfigGet: %v, %v", cfg, err)
		}
		if infos, err := c.Command(ctx).Result(); err != nil || infos["get"] == nil || !infos["get"].ReadOnly {
			t.Errorf("Command: %v", err)
		}
	})
}

func TestGoRedisPipelines(t *testing.T) {
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		const n = 10_000
		cmds, err := c.Pipelined(t.Context(), func(p redis.Pipeliner) error {
			for range n {
				p.Incr(t.Context(), "n")
			}
			return nil
		})
		if err != nil || len(cmds) != n || cmds[n-1].(*redis.IntCmd).Val() != n {
			t.Errorf("%d replies, %v", len(cmds), err)
		}
	})
}

func TestGoRedisWatch(t *testing.T) {
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		ctx := t.Context()
		touch := func(value string) error {
			return c.Watch(ctx, func(tx *redis.Tx) error {
				if value != "" {
					must(t, c.Set(ctx, "w", value, 0).Err())
				}
				_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Incr(ctx, "done").Err() })
				return err
			}, "w")
		}
		must(t, touch(""))
		if err := touch("changed"); !errors.Is(err, redis.TxFailedErr) {
			t.Errorf("EXEC after a change of a watched key: %v", err)
		}
		if n := c.Get(ctx, "done").Val(); n != "1" {
			t.Errorf("transactions done: %s", n)
		}
	})
}

func TestGoRedisPubSub(t *testing.T) {
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		sub := c.Subscribe(ctx, "news")
		defer sub.Close()
		must(t, sub.PSubscribe(ctx, "n?ws"))
		for range 2 {
			_, err := sub.Receive(ctx)
			must(t, err)
		}
		if n := c.Publish(ctx, "news", "hello").Val(); n != 2 {
			t.Errorf("PUBLISH reached %d", n)
		}
		for _, pattern := range []string{"", "n?ws"} {
			m, err := sub.ReceiveMessage(ctx)
			must(t, err)
			if m.Payload != "hello" || m.Channel != "news" || m.Pattern != pattern {
				t.Errorf("message %+v", m)
			}
		}
	})
}

func TestGoRedisBlockingPop(t *testing.T) {
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		ctx := t.Context()
		if err := c.BLPop(ctx, time.Second, "q").Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("BLPOP on nothing: %v", err)
		}
		got := make(chan []string)
		go func() { got <- c.BLPop(ctx, 10*time.Second, "q").Val() }()
		waitForBlocked(t, c)
		must(t, c.RPush(ctx, "q", "job").Err())
		if v := <-got; len(v) != 2 || v[1] != "job" {
			t.Errorf("BLPOP: %v", v)
		}
	})
}

// waitForBlocked returns once a client is blocked.
func waitForBlocked(t *testing.T, c *redis.Client) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if strings.Contains(c.Info(t.Context(), "clients").Val(), "blocked_clients:1") {
			return
		}
	}
	t.Fatal("no client is blocked")
}

func TestGoRedisScan(t *testing.T) {
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		ctx := t.Context()
		pipe := c.Pipeline()
		for i := range 1000 {
			pipe.Set(ctx, fmt.Sprintf("key:%d", i), i, time.Hour)
		}
		_, err := pipe.Exec(ctx)
		must(t, err)
		seen := map[string]bool{}
		for it := c.Scan(ctx, 0, "key:*", 100).Iterator(); it.Next(ctx); {
			seen[it.Val()] = true
		}
		if len(seen) != 1000 {
			t.Errorf("SCAN found %d of 1000 keys", len(seen))
		}
	})
}

func TestGoRedisBigValue(t *testing.T) {
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		big := strings.Repeat("0123456789abcdef", 1<<20)
		must(t, c.Set(t.Context(), "big", big, 0).Err())
		if got := c.Get(t.Context(), "big").Val(); got != big {
			t.Errorf("16 MiB came back as %d bytes", len(got))
		}
	})
}

func TestGoRedisActiveObject(t *testing.T) {
	if !active() {
		t.Skip("the server has no active objects")
	}
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		ctx := t.Context()
		must(t, c.Do(ctx, "ASO.SET", "secret", "42", "HANDLER", "std/once", "PARAM", "reads", "2").Err())
		for range 2 {
			if v, err := c.Get(ctx, "secret").Result(); err != nil || v != "42" {
				t.Errorf("a read: %q, %v", v, err)
			}
		}
		if err := c.Get(ctx, "secret").Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("the third read: %v", err)
		}
		must(t, c.Do(ctx, "ASO.SET", "sealed", "x", "HANDLER", "std/capsule", "PARAM", "after", "1h").Err())
		if err := c.Get(ctx, "sealed").Err(); err == nil || !strings.HasPrefix(err.Error(), "ASODENY ") {
			t.Errorf("reading a sealed value: %v", err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

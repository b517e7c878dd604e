package clients

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/rueidis"
)

// rueidisClient is RESP3, without client-side caching.
func rueidisClient(t *testing.T) rueidis.Client {
	t.Helper()
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr(t)}, DisableCache: true, ForceSingleClient: true})
	must(t, err)
	t.Cleanup(c.Close)
	must(t, c.Do(t.Context(), c.B().Flushall().Build()).Error())
	return c
}

func TestRueidisScript(t *testing.T) {
	c := rueidisClient(t)
	conn, release := c.Dedicate()
	defer release()
	runScript(t, func(args []string) (any, error) {
		v, err := conn.Do(t.Context(), conn.B().Arbitrary(args...).Build()).ToAny()
		if rueidis.IsRedisNil(err) {
			return nil, nil
		}
		return v, err
	})
}

func TestRueidisTypedReplies(t *testing.T) {
	c, ctx := rueidisClient(t), t.Context()
	must(t, c.Do(ctx, c.B().Hset().Key("h").FieldValue().FieldValue("a", "1").Build()).Error())
	if m, err := c.Do(ctx, c.B().Hgetall().Key("h").Build()).AsStrMap(); err != nil || m["a"] != "1" {
		t.Errorf("HGETALL: %v, %v", m, err)
	}
	must(t, c.Do(ctx, c.B().Zadd().Key("z").ScoreMember().ScoreMember(1.5, "m").Build()).Error())
	z, err := c.Do(ctx, c.B().Zrange().Key("z").Min("0").Max("-1").Withscores().Build()).AsZScores()
	if err != nil || len(z) != 1 || z[0].Score != 1.5 {
		t.Errorf("ZRANGE: %v, %v", z, err)
	}
}

func TestRueidisAutoPipelining(t *testing.T) {
	c, ctx := rueidisClient(t), t.Context()
	var cmds rueidis.Commands
	for i := range 1000 {
		cmds = append(cmds, c.B().Set().Key(fmt.Sprint("key:", i)).Value("v").Build())
	}
	for _, r := range c.DoMulti(ctx, cmds...) {
		must(t, r.Error())
	}
	if n, err := c.Do(ctx, c.B().Dbsize().Build()).AsInt64(); n != 1000 || err != nil {
		t.Errorf("DBSIZE: %d, %v", n, err)
	}
}

func TestRueidisPubSub(t *testing.T) {
	c := rueidisClient(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, release := c.Dedicate()
	defer release()
	got := make(chan rueidis.PubSubMessage, 1)
	lost := conn.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) { got <- m }})
	must(t, conn.Do(ctx, conn.B().Ssubscribe().Channel("shard").Build()).Error())
	must(t, c.Do(ctx, c.B().Spublish().Channel("shard").Message("hello").Build()).Error())
	select {
	case m := <-got:
		if m.Message != "hello" {
			t.Errorf("message %+v", m)
		}
	case err := <-lost:
		t.Fatal(err)
	case <-ctx.Done():
		t.Fatal("no message")
	}
}

func TestRueidisActiveObject(t *testing.T) {
	if !active() {
		t.Skip("the server has no active objects")
	}
	c, ctx := rueidisClient(t), t.Context()
	must(t, c.Do(ctx, c.B().Arbitrary("ASO.SET").Keys("secret").Args("42", "HANDLER", "std/once").Build()).Error())
	if v, err := c.Do(ctx, c.B().Get().Key("secret").Build()).ToString(); v != "42" || err != nil {
		t.Errorf("the first read: %q, %v", v, err)
	}
	if err := c.Do(ctx, c.B().Get().Key("secret").Build()).Error(); !rueidis.IsRedisNil(err) {
		t.Errorf("the second read: %v", err)
	}
}

// TestRueidisClientSideCaching reads through the cache of the library, which another client makes stale.
func TestRueidisClientSideCaching(t *testing.T) {
	ctx := t.Context()
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr(t)}, ForceSingleClient: true})
	must(t, err)
	defer c.Close()
	writer := rueidisClient(t)
	for i := range 10 {
		want := fmt.Sprint("v", i)
		must(t, writer.Do(ctx, writer.B().Set().Key("cached").Value(want).Build()).Error())
		for end := time.Now().Add(5 * time.Second); ; {
			r := c.DoCache(ctx, c.B().Get().Key("cached").Cache(), time.Minute)
			if v, err := r.ToString(); err == nil && v == want {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%s is not seen", want)
			}
		}
		if r := c.DoCache(ctx, c.B().Get().Key("cached").Cache(), time.Minute); !r.IsCacheHit() {
			t.Error("the second read did not come from the cache")
		}
	}
}

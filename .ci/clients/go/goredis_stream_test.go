package clients

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// TestGoRedisStreamWorkers lets two workers share a stream: one takes entries and goes away, the other one takes over.
func TestGoRedisStreamWorkers(t *testing.T) {
	bothProtocols(t, func(t *testing.T, c *redis.Client) {
		ctx := t.Context()
		must(t, c.XGroupCreateMkStream(ctx, "jobs", "workers", "$").Err())
		got := make(chan []redis.XStream, 1)
		go func() {
			streams, err := c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "workers", Consumer: "lost", Streams: []string{"jobs", ">"}, Block: 10 * time.Second}).Result()
			if err != nil {
				t.Error(err)
			}
			got <- streams
		}()
		waitForBlocked(t, c)
		first, err := c.XAdd(ctx, &redis.XAddArgs{Stream: "jobs", Values: []any{"task", "mail", "to", "ann"}}).Result()
		must(t, err)
		if streams := <-got; len(streams) != 1 || len(streams[0].Messages) != 1 || streams[0].Messages[0].ID != first || streams[0].Messages[0].Values["to"] != "ann" {
			t.Fatalf("the blocked worker got %v", streams)
		}
		for range 4 {
			must(t, c.XAdd(ctx, &redis.XAddArgs{Stream: "jobs", MaxLen: 1000, Approx: true, Values: map[string]any{"task": "log"}}).Err())
		}
		claimed, start, err := c.XAutoClaim(ctx, &redis.XAutoClaimArgs{Stream: "jobs", Group: "workers", Consumer: "other", Start: "0", Count: 10}).Result()
		if err != nil || start != "0-0" || len(claimed) != 1 || claimed[0].ID != first {
			t.Errorf("XAutoClaim: %v, %q, %v", claimed, start, err)
		}
		ext := c.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: "jobs", Group: "workers", Start: "-", End: "+", Count: 10}).Val()
		if len(ext) != 1 || ext[0].Consumer != "other" || ext[0].RetryCount != 2 {
			t.Errorf("XPendingExt: %v", ext)
		}
		if n := c.XAck(ctx, "jobs", "workers", first).Val(); n != 1 {
			t.Errorf("XAck: %d", n)
		}
		checkStreamInfo(t, c, first)
	})
}

// checkStreamInfo reads all forms of XINFO on the stream jobs, of whose five entries the first one is delivered and acknowledged.
func checkStreamInfo(t *testing.T, c *redis.Client, first string) {
	t.Helper()
	ctx := t.Context()
	info, err := c.XInfoStream(ctx, "jobs").Result()
	must(t, err)
	if info.Length != 5 || info.EntriesAdded != 5 || info.RecordedFirstEntryID != first || info.FirstEntry.ID != first || info.Groups != 1 {
		t.Errorf("XInfoStream: %+v", info)
	}
	full, err := c.XInfoStreamFull(ctx, "jobs", 2).Result()
	must(t, err)
	if len(full.Entries) != 2 || len(full.Groups) != 1 || len(full.Groups[0].Consumers) != 2 || full.Groups[0].Lag != 4 {
		t.Errorf("XInfoStreamFull: %+v", full)
	}
	groups, err := c.XInfoGroups(ctx, "jobs").Result()
	must(t, err)
	if len(groups) != 1 || groups[0].EntriesRead != 1 || groups[0].Lag != 4 || groups[0].LastDeliveredID != first {
		t.Errorf("XInfoGroups: %+v", groups)
	}
	consumers, err := c.XInfoConsumers(ctx, "jobs", "workers").Result()
	must(t, err)
	if len(consumers) != 2 || consumers[0].Name != "lost" || consumers[0].Pending != 0 {
		t.Errorf("XInfoConsumers: %+v", consumers)
	}
	if left := c.XRevRangeN(ctx, "jobs", "+", "-", 3).Val(); len(left) != 3 || left[0].Values["task"] != "log" {
		t.Errorf("XRevRangeN: %v", left)
	}
	if n := c.XTrimMaxLen(ctx, "jobs", 2).Val(); n != 3 || c.XLen(ctx, "jobs").Val() != 2 {
		t.Errorf("XTrimMaxLen: %d", n)
	}
}

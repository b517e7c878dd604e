//go:build !race

// Under the race detector sync.Pool drops items at random.

package command_test

import (
	"fmt"
	"testing"
)

// TestSortedSetHotPathsDoNotAllocate runs commands on sorted sets that are there, packed and large, as a pipeline does.
func TestSortedSetHotPathsDoNotAllocate(t *testing.T) {
	ses, s := benchSession(t)
	run := func(words ...string) { s.Batch(ses, [][][]byte{bytesOf(words...)}); ses.Reply.Reset() }
	for n := range 2000 {
		run("ZADD", "large", fmt.Sprint(n), fmt.Sprint("m", n))
	}
	run("ZADD", "z", "1", "a", "2", "b", "3", "c")
	wantNoAllocations(t, ses, s, [][]string{
		{"ZADD z 1 a"},
		{"ZADD z 5 a", "ZADD z 1 a"},
		{"ZADD large 5 m7", "ZADD large 7 m7"},
		{"ZADD z GT CH 9 b", "ZADD z 2 b"},
		{"ZINCRBY z 1 a", "ZINCRBY z -1 a"},
		{"ZINCRBY large 2.5 m9"},
		{"ZADD new 1 m", "ZREM new m"},
		{"ZSCORE z a"},
		{"ZSCORE large m7"},
		{"ZMSCORE large m7 m8 missing"},
		{"ZCARD z"},
		{"ZRANK z c"},
		{"ZREVRANK large m1000"},
		{"ZREM z a", "ZADD z 1 a"},
		{"ZREM large m7", "ZADD large 7 m7"},
		{"ZPOPMIN z", "ZADD z 1 a"},
		{"ZPOPMAX large", "ZADD large 1999 m1999"},
		{"BZPOPMIN z 0", "ZADD z 1 a"},
		{"ZRANGE z 0 -1 WITHSCORES"},
		{"ZREVRANGE large 0 99"},
		{"ZRANGEBYSCORE large 100 (200 LIMIT 5 10"},
		{"ZRANGEBYLEX z [a (c"},
		{"ZCOUNT large 100 200"},
		{"ZLEXCOUNT z - +"},
		{"ZREMRANGEBYSCORE z 1 1", "ZADD z 1 a"},
		{"ZREMRANGEBYRANK large 5 5", "ZADD large 5 m5"},
		{"ZRANDMEMBER large"},
		{"ZRANDMEMBER z -5"},
	})
}

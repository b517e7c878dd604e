package aso

import (
	"container/list"
	"fmt"
	"math/rand"
	"testing"

	"comet/aso/randtest"
)

// trace is requests for the keys of a cache, by numbers: a zipf distribution.
func trace(seed int64, keys, requests int) []int {
	rnd := rand.New(rand.NewSource(seed))
	zipf, order := rand.NewZipf(rnd, 1.05, 1, uint64(keys-1)), rnd.Perm(keys)
	asked := make([]int, requests)
	for i := range asked {
		asked[i] = order[zipf.Uint64()]
	}
	return asked
}

// exactLRU returns how many requests find their key in a cache of so many keys that always evicts the one used least recently.
func exactLRU(asked []int, capacity int) (hits int) {
	at, order := map[int]*list.Element{}, list.New()
	for _, k := range asked {
		if e := at[k]; e != nil {
			hits++
			order.MoveToFront(e)
			continue
		}
		if order.Len() == capacity {
			delete(at, order.Remove(order.Back()).(int))
		}
		at[k] = order.PushFront(k)
	}
	return hits
}

// best returns how many requests find their key in a cache that holds the most frequent ones from the beginning.
func best(asked []int, capacity int) (hits int) {
	counts := map[int]int{}
	for _, k := range asked {
		counts[k]++
	}
	byCount := make([]int, len(asked)+1)
	for _, n := range counts {
		byCount[n]++
	}
	for n := len(asked); n > 0; n-- {
		held := min(byCount[n], capacity)
		capacity -= held
		hits += held * n
	}
	return hits
}

// hitsOf returns how many requests find their key in a keyspace that has memory for so many keys.
func hitsOf(t *testing.T, asked []int, capacity int, e Eviction) (hits int) {
	l := newLarder(t, Eviction{})
	l.set("key000000", 40, 0)
	e.Max = l.ks.MemoryUsed() * int64(capacity)
	l.ks.SetEviction(e)
	for _, k := range asked {
		l.now.Add(1000) // the clock of records counts seconds
		key := fmt.Sprintf("key%06d", k)
		if l.read(key) {
			hits++
			continue
		}
		l.set(key, 40, 0)
		l.ks.MakeRoom(0, 0, nil)
	}
	return hits
}

// The hit ratio of a cache with samples of 5 is about that of one that knows the order of all objects.
func TestHitRatioOnZipfTrace(t *testing.T) {
	const keys, requests, capacity = 2000, 30_000, 400
	asked := trace(int64(randtest.Seed(t)), keys, requests)
	percent := func(hits int) float64 { return 100 * float64(hits) / requests }
	exact, most := percent(exactLRU(asked, capacity)), percent(best(asked, capacity))
	lru := percent(hitsOf(t, asked, capacity, Eviction{Order: EvictIdle, Samples: 5}))
	lfu := percent(hitsOf(t, asked, capacity, Eviction{Order: EvictRare, Samples: 5, LogFactor: 10, Decay: 60}))
	random := percent(hitsOf(t, asked, capacity, Eviction{Order: EvictRandom, Samples: 5}))
	t.Logf("hits: exact LRU %.2f %%, LRU %.2f %%, LFU %.2f %%, random %.2f %%, at best %.2f %%", exact, lru, lfu, random, most)
	if lru < exact-1 || lru > exact+1 {
		t.Errorf("LRU has %.2f %% hits, an exact one %.2f %%", lru, exact)
	}
	if lfu < exact || lfu > most {
		t.Errorf("LFU has %.2f %% hits, an exact LRU %.2f %%, the best %.2f %%", lfu, exact, most)
	}
	if random > lru {
		t.Errorf("random eviction has %.2f %% hits, LRU %.2f %%", random, lru)
	}
}

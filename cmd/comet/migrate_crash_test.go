package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/aso/redistest"
)

// TestNoKeyIsLostWhenAServerDiesWhileItMoves kills the source or the target in the middle of many MIGRATEs. Each key is on one side at least, with its value; which were said to have
// moved are on the target, and only there.
func TestNoKeyIsLostWhenAServerDiesWhileItMoves(t *testing.T) {
	seed := randtest.Seed(t)
	for n, c := range []struct{ source, target, dies string }{{"comet", "comet", "target"}, {"redis", "comet", "target"}, {"comet", "redis", "source"}, {"comet", "comet", "source"}} {
		t.Run(fmt.Sprintf("from %s to %s, the %s dies", c.source, c.target, c.dies), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, uint64(n)))
			source, target := startSide(t, c.source), startSide(t, c.target)
			keys := fillMixed(source.connect(t), 300)
			want := source.connect(t).askAll(keys, []string{"DEBUG", "DIGEST-VALUE"})
			victim := target
			if c.dies == "source" {
				victim = source
			}
			said := moveUntil(t, source, target.port, keys, random, victim.p)
			victim.p = startCometOn(t, victim.data, victim.port)

			here := source.connect(t).askAll(keys, []string{"DEBUG", "DIGEST-VALUE"})
			there := target.connect(t).askAll(keys, []string{"DEBUG", "DIGEST-VALUE"})
			nowhere := "[" + strings.Repeat("0", 40) + "]"
			for i, key := range keys {
				isHere, isThere := here[i] == want[i], there[i] == want[i]
				switch ended := said[key]; {
				case !isHere && !strings.HasSuffix(here[i], nowhere), !isThere && !strings.HasSuffix(there[i], nowhere):
					t.Errorf("%s has another value: %s here, %s there, want %s", key, here[i], there[i], want[i])
				case !isHere && !isThere, ended == "OK" && (isHere || !isThere), ended == "" && isThere:
					t.Errorf("%s: MIGRATE said %q; here %v, there %v", key, ended, isHere, isThere)
				}
			}
		})
	}
}

// moved is what MIGRATE said of each key; a key that no MIGRATE named is not there.
type moved map[string]string

// moveUntil moves keys, some at a time, until a server is killed in the middle of it.
func moveUntil(t *testing.T, source *side, port string, keys []string, random *rand.Rand, victim *process) moved {
	t.Helper()
	said, c, killed := moved{}, source.connect(t), make(chan struct{})
	last := random.IntN(len(keys))
	for begin := 0; begin < len(keys); {
		end := min(begin+1+random.IntN(40), len(keys))
		if begin <= last && last < end {
			go func() { victim.kill(); close(killed) }()
		}
		reply, err := c.try(append([]string{"MIGRATE", "127.0.0.1", port, "", "0", "5000", "KEYS"}, keys[begin:end]...)...)
		for _, key := range keys[begin:end] {
			if said[key] = reply; err != nil {
				said[key] = err.Error()
			}
		}
		if reply != "OK" {
			break
		}
		begin = end
	}
	<-killed
	return said
}

// side is a server that keys move from or to. It keeps its data.
type side struct {
	data, port string
	p          *process // nil if it is a Redis
}

func startSide(t *testing.T, kind string) *side {
	t.Helper()
	if kind == "redis" {
		_, addr := startRedis(t, t.TempDir())
		return &side{port: strings.TrimPrefix(addr, "127.0.0.1:")}
	}
	s := &side{data: filepath.Join(t.TempDir(), "data"), port: redistest.FreePort()}
	s.p = startCometOn(t, s.data, s.port)
	return s
}

func (s *side) connect(t *testing.T) *client {
	t.Helper()
	return dialClient(t, "tcp", "127.0.0.1:"+s.port)
}

// fillMixed makes n keys of all types, and returns their names.
func fillMixed(c *client, n int) (keys []string) {
	c.t.Helper()
	lines := []string{"SET # v PXAT 4102444800000", "HSET # f #", "RPUSH # a b #", "SADD # a 1 #", "ZADD # 1 a 2.5 #", "XADD # 1-1 f #"}
	for i := range n {
		key := fmt.Sprint("key:", i)
		c.do(strings.Fields(strings.ReplaceAll(lines[i%len(lines)], "#", key))...)
		keys = append(keys, key)
	}
	return keys
}

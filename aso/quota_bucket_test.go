package aso

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBucketKeepsItsBound lets units begin whenever the bucket lets them, and counts those of every stretch of time.
func TestBucketKeepsItsBound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := bucket{max: 1 + r.Int64N(20), window: 1 + r.Int64N(2000)}
		now := int64(1_700_000_000_000)
		var begun []int64
		for range 400 {
			now += r.Int64N(1 + 2*b.window/b.max)
			b.drain(now)
			wait := b.wait()
			if wait == 0 {
				b.use(1)
				begun = append(begun, now)
				continue
			}
			early := b
			if early.drain(now + wait - 1); early.wait() == 0 {
				t.Fatalf("max %d, window %d: wait %d is too long", b.max, b.window, wait)
			}
			if late := b; r.IntN(3) == 0 {
				if late.drain(now + wait); late.wait() != 0 {
					t.Fatalf("max %d, window %d: wait %d is too short", b.max, b.window, wait)
				}
			}
		}
		for i := range begun {
			for j := i; j < len(begun); j++ {
				if n, most := int64(j-i+1), b.max+(begun[j]-begun[i])*b.max/b.window; n > most {
					t.Fatalf("max %d, window %d: %d units began within %d ms", b.max, b.window, n, begun[j]-begun[i])
				}
			}
		}
		if now += b.window; len(begun) == 0 {
			t.Fatal("nothing began")
		}
		if b.drain(now); b.used() != 0 {
			t.Fatalf("%d still used after a window", b.used())
		}
	}
}

// TestBucketWithExtremes looks for overflows: a use beyond all bounds counts as the highest level, and comes back.
func TestBucketWithExtremes(t *testing.T) {
	for _, max := range []int64{1, 1000, MaxLimitBudget} {
		for _, window := range []int64{1, 1000, MaxLimitWindow} {
			for _, cost := range []int64{0, 1, 100_000, math.MaxInt64} {
				b := bucket{max: max, window: window}
				b.drain(1_700_000_000_000)
				b.use(cost)
				b.use(cost)
				if wait := b.wait(); wait < 0 || b.used() < 0 || b.gap() < 1 || b.level < 0 {
					t.Errorf("max %d, window %d, cost %d: wait %d, used %d, gap %d", max, window, cost, wait, b.used(), b.gap())
				}
				b.drain(math.MaxInt64/2 + 2_000_000_000_000)
				if b.level != 0 {
					t.Errorf("max %d, window %d, cost %d: level %d after an age", max, window, cost, b.level)
				}
				b.use(1)
				level := b.level
				if b.drain(5); b.level != level { // the clock jumps back
					t.Error("a jump of the clock brought something back")
				}
			}
		}
	}
}

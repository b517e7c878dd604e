package command

import "math/rand/v2"

// random is for picking members of collections. It is safe for concurrent use, as its source is.
var random = rand.New(runtimeSource{})

// runtimeSource is the random source of the runtime, which has one per thread.
type runtimeSource struct{}

// Uint64 returns a random number.
func (runtimeSource) Uint64() uint64 { return rand.Uint64() }

// maxRepeats bounds how many members that may repeat a client can ask for: unlike Redis, a typing error is no reason to run out of memory.
const maxRepeats = 1 << 24

// sample decides which of left items, that it is asked about one after the other, belong to a random subset of need items.
type sample struct{ need, left int }

// take reports whether the next item is in the subset.
func (s *sample) take() bool {
	in := random.IntN(s.left) < s.need
	s.left--
	if in {
		s.need--
	}
	return in
}

// passWorth reports whether count of n distinct items are found faster by one pass over all than by picking until none repeats.
func passWorth(count, n int) bool { return n <= 128 || count > n/3 }

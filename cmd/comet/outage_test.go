package main

import (
	"testing"
	"time"
)

// A stopped journal is tried again after 1 s, then later each time, at least as long after a try as that took, and what fails is logged once a minute.
func TestRetriesOfAnOutage(t *testing.T) {
	var o outage
	now := time.Unix(1, 0)
	for range 2 {
		if !o.failed(now, time.Second) {
			t.Error("a failure without an outage is not logged")
		}
	}
	if o.due(now) || o.due(now.Add(firstRetry-1)) || !o.due(now.Add(firstRetry)) {
		t.Error("the first try is not after a second")
	}
	now = now.Add(firstRetry)
	logged := 0
	for _, want := range []time.Duration{2, 4, 8, 10, 10} {
		if o.failed(now, time.Millisecond) {
			logged++
		}
		if want *= time.Second; o.due(now.Add(want-1)) || !o.due(now.Add(want)) {
			t.Errorf("the next try is not after %v", want)
		}
		now = now.Add(want)
	}
	if logged != 1 {
		t.Errorf("%d failures were logged", logged)
	}
	const long = 3 * time.Minute
	now = now.Add(tellEvery)
	if !o.failed(now, long) || o.due(now.Add(long-1)) || !o.due(now.Add(long)) {
		t.Error("a long try is not followed by a long pause, or not logged")
	}
}

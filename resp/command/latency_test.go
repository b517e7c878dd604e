package command

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestHistogramBucketsAreNarrow(t *testing.T) {
	for range 10_000 {
		ns := rand.Int64N(1 << (1 + rand.IntN(31)))
		bucket := histogramBucket(time.Duration(ns))
		if high := highest(bucket); high < ns || float64(high-ns) > float64(ns)/32 {
			t.Fatalf("%d ns is in a bucket up to %d", ns, high)
		}
		if bucket > 0 && highest(bucket-1) >= ns {
			t.Fatalf("%d ns is in bucket %d, but the one before goes up to %d", ns, bucket, highest(bucket-1))
		}
	}
	if got := histogramBucket(time.Hour); got != histogramSize-1 {
		t.Errorf("an hour is in bucket %d", got)
	}
}

func TestHistogramPercentiles(t *testing.T) {
	var h histogram
	for us := range 1000 {
		h.add(time.Duration(us+1)*time.Microsecond, 1)
	}
	if got, want := h.percentiles([]float64{0, 50, 99.9, 100}), "p0=1.007,p50=507.903,p99.9=999.423,p100=1015.807"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLatencyGraph draws the example of Redis' documentation of LATENCY GRAPH.
func TestLatencyGraph(t *testing.T) {
	e := latencyEvent{"command", 500, []latencySample{{85, 101}, {86, 201}, {88, 301}, {92, 500}, {94, 401}}}
	want := "command - high 500 ms, low 101 ms (all time high 500 ms)\n" + strings.Repeat("-", 80) + "\n" +
		"   #_\n  _||\n _|||\n_||||\n     \n11186\n542ss\nsss  \n"
	if got := e.graph(100); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLatencyMonitorKeepsTheWorstOfASecond(t *testing.T) {
	var m latencyMonitor
	for at := range int64(latencySamples + 5) {
		m.add("e", 10, at)
		m.add("e", 30, at)
		m.add("e", 20, at)
	}
	e, ok := m.find("e")
	if !ok || len(e.samples) != latencySamples || e.samples[0] != (latencySample{5, 30}) || e.longest != 30 {
		t.Errorf("got %v, %v", e, ok)
	}
	if n := m.reset([]string{"other"}); n != 0 {
		t.Errorf("reset of what is not there: %d", n)
	}
	if n := m.reset(nil); n != 1 || len(m.all()) != 0 {
		t.Errorf("reset: %d, left %v", n, m.all())
	}
}

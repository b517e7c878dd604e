package command

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	histogramFine    = 5  // bits: 32 buckets for each power of two, so a bucket is 3 % wide
	histogramOctaves = 26 // powers of two above the first 32 ns: the last bucket holds what took longer than 2 s
	histogramSize    = (histogramOctaves + 1) << histogramFine
)

// histogram counts durations of a command.
type histogram struct{ buckets [histogramSize]atomic.Int64 }

// add counts n calls that took d each.
func (h *histogram) add(d time.Duration, n int64) { h.buckets[histogramBucket(d)].Add(n) }

func histogramBucket(d time.Duration) int {
	ns := uint64(max(d, 0))
	if ns < 1<<histogramFine {
		return int(ns)
	}
	shift := bits.Len64(ns) - histogramFine - 1
	return min((shift+1)<<histogramFine+int(ns>>shift)-1<<histogramFine, histogramSize-1)
}

// highest returns the longest time that is counted in a bucket, in nanoseconds.
func highest(bucket int) int64 {
	if bucket < 1<<histogramFine {
		return int64(bucket)
	}
	shift := bucket>>histogramFine - 1
	return int64(bucket&(1<<histogramFine-1)+1<<histogramFine+1)<<shift - 1
}

// counts returns what the buckets hold, and their sum.
func (h *histogram) counts() (counts [histogramSize]int64, sum int64) {
	for i := range h.buckets {
		counts[i] = h.buckets[i].Load()
		sum += counts[i]
	}
	return counts, sum
}

// noteLatency counts n calls that took d each. The histogram is made for the first.
func (st *commandStats) noteLatency(d time.Duration, n int64) {
	h := st.latency.Load()
	if h == nil {
		st.latency.CompareAndSwap(nil, new(histogram))
		h = st.latency.Load()
	}
	if h != nil { // else CONFIG RESETSTAT was faster
		h.add(d, n)
	}
}

// percentiles returns the times in microseconds that the given percentages of calls did not exceed, as INFO shows them.
func (h *histogram) percentiles(percents []float64) string {
	counts, sum := h.counts()
	fields := make([]string, len(percents))
	for i, p := range percents {
		fields[i] = fmt.Sprintf("p%s=%.3f", strconv.FormatFloat(p, 'f', -1, 64), float64(percentile(&counts, sum, p))/1000)
	}
	return strings.Join(fields, ",")
}

func percentile(counts *[histogramSize]int64, sum int64, percent float64) int64 {
	rest := max(int64(percent/100*float64(sum)+0.5), 1)
	for i, n := range counts {
		if rest -= n; rest <= 0 {
			return highest(i)
		}
	}
	return 0
}

// infoLatencystats shows percentiles of the commands that were called.
func (s *Server) infoLatencystats(_ *Call, w *infoWriter) {
	percents := s.config.Percentiles.Load()
	for _, cmd := range s.timedCommands() {
		w.field("latency_percentiles_usec_"+cmd.full, cmd.stats.latency.Load().percentiles(percents))
	}
}

// timedCommands returns the commands that have a histogram, by name.
func (s *Server) timedCommands() (timed []*Command) {
	s.table.eachRow(func(cmd *Command) {
		if cmd.stats.latency.Load() != nil {
			timed = append(timed, cmd)
		}
	})
	slices.SortFunc(timed, func(a, b *Command) int { return strings.Compare(a.full, b.full) })
	return timed
}

// latencyHistogram replies with the distributions of how long the named commands took, or all.
func latencyHistogram(c *Call) error {
	shown := c.Server.timedCommands()
	if len(c.Args) > 2 {
		shown = slices.DeleteFunc(shown, func(cmd *Command) bool {
			return !slices.ContainsFunc(c.Args[2:], func(name []byte) bool {
				return equalFold(name, strings.ToUpper(cmd.full)) || cmd.Parent != nil && equalFold(name, strings.ToUpper(cmd.Parent.Name))
			})
		})
	}
	c.Reply.Map(len(shown))
	for _, cmd := range shown {
		counts, sum := cmd.stats.latency.Load().counts()
		c.Reply.BulkString(cmd.full)
		c.Reply.Map(2)
		c.Reply.BulkString("calls")
		c.Reply.Int(sum)
		c.Reply.BulkString("histogram_usec")
		c.replyDistribution(&counts, sum)
	}
	return nil
}

// replyDistribution replies with how many calls took at most so many microseconds, for powers of two of 1024 ns, as Redis chooses them.
func (c *Call) replyDistribution(counts *[histogramSize]int64, sum int64) {
	var pairs []int64
	var below, told int64
	bucket := 0
	for k := 0; below < sum; k++ {
		bound := int64(1024+8) << k // Redis' buckets are 1/128 of their power of two wide
		for ; bucket < histogramSize && (highest(bucket) < bound || bucket == histogramSize-1); bucket++ {
			below += counts[bucket]
		}
		if below > told {
			pairs = append(pairs, (bound-1)/1000, below)
			told = below
		}
	}
	c.Reply.Map(len(pairs) / 2)
	for _, n := range pairs {
		c.Reply.Int(n)
	}
}

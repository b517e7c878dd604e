package command

import (
	"fmt"
	"slices"
	"strings"
)

const (
	graphColumns = 80
	graphRows    = 4
	graphLevels  = "_o#" // of a row, from low to high
)

// graph draws the samples as Redis does: columns of characters, each with the time since the sample written below it, top down.
func (e *latencyEvent) graph(now int64) string {
	low, high := e.samples[0].ms, e.samples[0].ms
	for _, sample := range e.samples {
		low, high = min(low, sample.ms), max(high, sample.ms)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s - high %d ms, low %d ms (all time high %d ms)\n", e.name, high, low, e.longest)
	b.WriteString(strings.Repeat("-", graphColumns) + "\n")
	first := true
	for part := range slices.Chunk(e.samples, graphColumns) {
		if !first {
			b.WriteByte('\n')
		}
		first = false
		drawSamples(&b, part, low, high, now)
	}
	return b.String()
}

func drawSamples(b *strings.Builder, samples []latencySample, low, high, now int64) {
	steps := int64(len(graphLevels) * graphRows)
	line := make([]byte, len(samples))
	for row := range int64(graphRows) {
		for i, sample := range samples {
			step := min((sample.ms-low)*steps/max(high-low, 1), steps-1)
			switch level := step - (graphRows-row-1)*int64(len(graphLevels)); {
			case level < 0:
				line[i] = ' '
			case level < int64(len(graphLevels)):
				line[i] = graphLevels[level]
			default:
				line[i] = '|'
			}
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	b.WriteString(strings.Repeat(" ", len(samples)) + "\n")
	labels, longest := make([]string, len(samples)), 0
	for i, sample := range samples {
		labels[i] = ago(now - sample.at)
		longest = max(longest, len(labels[i]))
	}
	for at := range longest {
		for i, label := range labels {
			line[i] = ' '
			if at < len(label) {
				line[i] = label[at]
			}
		}
		b.Write(line)
		b.WriteByte('\n')
	}
}

// ago writes seconds in the largest unit that fits.
func ago(seconds int64) string {
	for _, u := range []struct {
		seconds int64
		letter  byte
	}{{24 * 3600, 'd'}, {3600, 'h'}, {60, 'm'}} {
		if seconds >= u.seconds {
			return fmt.Sprintf("%d%c", seconds/u.seconds, u.letter)
		}
	}
	return fmt.Sprintf("%ds", seconds)
}

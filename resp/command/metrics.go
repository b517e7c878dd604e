package command

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// decimal is a number that INFO shows with some digits behind the point.
type decimal struct {
	value  float64
	digits int
}

func (d decimal) String() string { return strconv.FormatFloat(d.value, 'f', d.digits, 64) }

// Numbers returns the fields of INFO that are one number each.
func (s *Server) Numbers() map[string]float64 {
	w := infoWriter{numbers: map[string]float64{}}
	call := Call{Server: s}
	for i := range sections {
		if !sections[i].extra { // those have several numbers in each field
			sections[i].write(s, &call, &w)
		}
	}
	return w.numbers
}

// note keeps v if it is a number.
func (w *infoWriter) note(name string, v any) {
	switch v := v.(type) {
	case int:
		w.numbers[name] = float64(v)
	case int64:
		w.numbers[name] = float64(v)
	case uint64:
		w.numbers[name] = float64(v)
	case decimal:
		w.numbers[name] = v.value
	}
}

// CommandStats is what a command has done.
type CommandStats struct {
	Name                    string // with the subcommand: config|get
	Calls, Rejected, Failed int64
	Time                    time.Duration // of all calls
}

// CommandStats returns what the commands have done that were called, by name.
func (s *Server) CommandStats() (all []CommandStats) {
	s.table.eachRow(func(cmd *Command) {
		st := CommandStats{
			Name: cmd.full, Calls: cmd.stats.calls.Load(), Rejected: cmd.stats.rejected.Load(), Failed: cmd.stats.failed.Load(),
			Time: time.Duration(cmd.stats.nanoseconds.Load()),
		}
		if st.Calls > 0 || st.Rejected > 0 {
			all = append(all, st)
		}
	})
	slices.SortFunc(all, func(a, b CommandStats) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// ErrorCounts returns how many replies were errors, by their first word.
func (s *Server) ErrorCounts() map[string]int64 {
	s.errors.mu.Lock()
	defer s.errors.mu.Unlock()
	return maps.Clone(s.errors.counts)
}

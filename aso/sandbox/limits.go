package sandbox

import (
	"fmt"
	"time"
)

// Limits bound one compilation and one run. A zero field means its default.
type Limits struct {
	Instructions int64         // VM instructions; library calls are charged by their work in the same unit
	Memory       int64         // bytes charged for everything a run allocates, garbage included
	Time         time.Duration // of a processor, a backstop; see meter.go
	State        int           // encoded bytes of self.state
	Source       int           // bytes of source text
}

// DefaultLimits returns the limits of a handler run.
func DefaultLimits() Limits {
	return Limits{
		Instructions: 100_000,
		Memory:       1 << 20,
		Time:         25 * time.Millisecond * slowness,
		State:        64 << 10,
		Source:       64 << 10,
	}
}

// Reserve returns the limits of a run of onError where those of others are l: what failed may have used up all it had.
func (l Limits) Reserve() Limits {
	l.Instructions = min(l.Instructions, 10_000)
	l.Memory = min(l.Memory, 256<<10)
	l.Time /= 5
	return l
}

// withDefaults returns l with its zero fields replaced by their defaults.
func (l *Limits) withDefaults() Limits {
	out := *l
	out.fill()
	return out
}

// fill is withDefaults in place.
func (l *Limits) fill() {
	if l.Instructions > 0 && l.Memory > 0 && l.Time > 0 && l.State > 0 && l.Source > 0 {
		return
	}
	d := DefaultLimits()
	if l.Instructions <= 0 {
		l.Instructions = d.Instructions
	}
	if l.Memory <= 0 {
		l.Memory = d.Memory
	}
	if l.Time <= 0 {
		l.Time = d.Time
	}
	if l.State <= 0 {
		l.State = d.State
	}
	if l.Source <= 0 {
		l.Source = d.Source
	}
}

// Names of the limits, the Which of a LimitError.
const (
	LimitInstructions = "instructions"
	LimitMemory       = "memory"
	LimitTime         = "time"
	LimitState        = "state"
)

// LimitError reports that a run broke a limit. Lua code cannot catch it.
type LimitError struct {
	Which  string // one of the Limit names, or the host's own
	Detail string
}

func (e *LimitError) Error() string { return fmt.Sprintf("%s %s", e.Which, e.Detail) }

// CompileError reports a source that is not a valid handler.
type CompileError struct {
	Line int // 0 when the whole source is meant
	Msg  string
}

func (e *CompileError) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}

// ScriptError reports a Lua error that the handler did not catch.
type ScriptError struct {
	Name    string // of the program
	Version string // of the program
	Line    int    // 0 when unknown
	Msg     string // no CR or LF, at most 512 bytes
	Cause   error  // the Go panic behind an internal error, with its stack, for the log; else nil
}

// Unwrap returns Cause.
func (e *ScriptError) Unwrap() error { return e.Cause }

func (e *ScriptError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s@%s %s", e.Name, e.Version, e.Msg)
	}
	return fmt.Sprintf("%s@%s:%d %s", e.Name, e.Version, e.Line, e.Msg)
}

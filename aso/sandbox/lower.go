package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"comet/aso/lua"
)

// Names of the limits that the host keeps, in the limits table of a source.
const (
	LimitTimers   = "timers"
	LimitMessages = "messages"
	LimitHops     = "hops"
)

// lowered are the limits that a source sets for its own runs, by name.
type lowered map[string]int64

// limitNames are what the limits table may have. In bytes, true, a limit may have a unit.
var limitNames = map[string]bool{
	LimitInstructions: false, LimitMemory: true, LimitState: true, LimitTimers: false, LimitMessages: false, LimitHops: false,
}

// Lower returns a limit of the host, or what the source has lowered it to.
func (p *Program) Lower(name string, limit int64) int64 {
	if own, ok := p.limits[name]; ok {
		return min(own, limit)
	}
	return limit
}

// Lowered returns the limits of a run, or what the source has lowered them to.
func (p *Program) Lowered(l Limits) Limits {
	l.fill()
	p.lower(&l)
	return l
}

// lower lowers the limits of a run to what the source says.
func (p *Program) lower(l *Limits) {
	if p.limits != nil {
		l.Instructions = p.Lower(LimitInstructions, l.Instructions)
		l.Memory = p.Lower(LimitMemory, l.Memory)
		l.State = int(p.Lower(LimitState, int64(l.State)))
	}
}

// readLimits reads the limits table of a source, which stands in a line.
func readLimits(v lua.Value, line int) (lowered, error) {
	t := v.Table()
	if t == nil {
		return nil, nil
	}
	out := lowered{}
	for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
		name, _ := k.Text()
		inBytes, known := limitNames[name]
		if !known {
			names := slices.Sorted(maps.Keys(limitNames))
			return nil, &CompileError{line, fmt.Sprintf("limits: unknown limit %q: want one of %s", clip(errorText(k), 64), strings.Join(names, ", "))}
		}
		n, ok := limitValue(v, inBytes)
		if !ok || n < 0 || n == 0 && (inBytes || name == LimitInstructions) {
			return nil, &CompileError{line, oneLine(fmt.Sprintf("limits: %s: %q is no limit", name, clip(errorText(v), 64)))}
		}
		out[name] = n
	}
	return out, nil
}

// limitValue reads a number, which in bytes may have a unit: "64kb".
func limitValue(v lua.Value, inBytes bool) (int64, bool) {
	if f, ok := v.Number(); ok {
		return wholeNumber(f)
	}
	digits, _ := v.Text()
	unit := int64(1)
	for suffix, size := range map[string]int64{"kb": 1 << 10, "mb": 1 << 20} {
		if rest, ok := strings.CutSuffix(strings.ToLower(digits), suffix); ok && inBytes {
			digits, unit = rest, size
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	return n * unit, err == nil
}

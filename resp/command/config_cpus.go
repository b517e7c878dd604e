package command

import (
	"strconv"
	"strings"
)

// cpusKind is a list of processors: numbers, and ranges as 0-7, or 0-7:2 for every second one. It is kept as text.
type cpusKind struct{}

const maxCPU = 1023 // of the kernel's sets

func (cpusKind) parse(words []string, _ any) (any, error) {
	if _, ok := cpuList(words[0]); !ok {
		return nil, paramError("argument must be a list of processors, such as 0,2,4-7")
	}
	return words[0], nil
}

func (cpusKind) format(v any) string { return v.(string) }

// Processors returns those that the process may run on, none if it is not restricted.
func (c *Config) Processors() []int {
	cpus, _ := cpuList(c.CPUList.Load())
	return cpus
}

func cpuList(text string) (cpus []int, ok bool) {
	if text == "" {
		return nil, true
	}
	for part := range strings.SplitSeq(text, ",") {
		first, last, step, ok := cpuRange(part)
		if !ok || first > last || last > maxCPU || step == 0 {
			return nil, false
		}
		for cpu := first; cpu <= last; cpu += step {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, true
}

func cpuRange(text string) (first, last, step int, ok bool) {
	bounds, stride, isStrided := strings.Cut(text, ":")
	from, to, isRange := strings.Cut(bounds, "-")
	if !isRange {
		to = from
	}
	if !isStrided {
		stride = "1"
	}
	n, err := strconv.ParseUint(from, 10, 16)
	m, err2 := strconv.ParseUint(to, 10, 16)
	k, err3 := strconv.ParseUint(stride, 10, 16)
	return int(n), int(m), int(k), err == nil && err2 == nil && err3 == nil && (isRange || !isStrided)
}

package persist

import "fmt"

// Policy is what Commit promises, as appendfsync of Redis.
type Policy int32

const (
	// EverySec: written to the file; an fsync follows within about a second.
	EverySec Policy = iota
	// Always: on the disk.
	Always
	// No: written to the file; the operating system decides about the disk.
	No
)

// ParsePolicy reads the words of appendfsync: always, everysec, no.
func ParsePolicy(s string) (Policy, error) {
	for _, p := range []Policy{EverySec, Always, No} {
		if s == p.String() {
			return p, nil
		}
	}
	return 0, fmt.Errorf("appendfsync %q: want always, everysec or no", s)
}

func (p Policy) String() string {
	switch p {
	case Always:
		return "always"
	case No:
		return "no"
	default:
		return "everysec"
	}
}

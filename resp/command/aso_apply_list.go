package command

import (
	"bytes"

	"comet/aso"
)

// manifestList is a list of a manifest beside what is there. Both can be shown in the one form that ASO.EXPORT writes.
type manifestList[E any] struct {
	what  string
	given bool // the manifest has the list
	want  []*E
	have  []*E
	name  func(e *E) string
	line  func(e *E) []byte
	set   func(e *E, there bool) error
	del   func(e *E) error
}

// apply makes what is there what the list says. What it does not name goes if the manifest is to prune.
func (l *manifestList[E]) apply(a *applying) error {
	have, listed := map[string]*E{}, map[string]bool{}
	for _, e := range l.have {
		have[l.name(e)] = e
	}
	for _, e := range l.want {
		if listed[l.name(e)] {
			return errTwice(l.what, l.name(e))
		}
		listed[l.name(e)] = true
	}
	for _, e := range l.have {
		if !a.m.Prune || !l.given || listed[l.name(e)] {
			continue
		}
		if err := l.del(e); err != nil {
			return err
		}
		a.note("- " + l.what + " " + string(l.line(e)))
	}
	for _, e := range l.want {
		old, line := have[l.name(e)], l.line(e)
		switch {
		case old == nil:
			a.note("+ " + l.what + " " + string(line))
		case bytes.Equal(l.line(old), line):
			continue
		default:
			a.note("~ " + l.what + " " + string(l.line(old)) + " -> " + string(line))
		}
		if err := l.set(e, old != nil); err != nil {
			return err
		}
	}
	return nil
}

func errTwice(what, name string) error {
	return aso.Failure("ERR", "the manifest has the "+what+" "+name+" twice")
}

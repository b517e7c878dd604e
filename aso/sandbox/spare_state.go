package sandbox

import "comet/aso/lua"

// spareState saves what self.state would allocate again in each run: the table of the run before, empty, and the names of fields. No run can
// tell, as it is charged the same, and scripts have no place that outlives a run.
type spareState struct {
	table *lua.Table // nil if there is none
	names [16]string
}

const (
	maxSpareFields = 64
	maxSpareName   = 32 // bytes
)

// keep takes the table of a run that has ended.
func (s *spareState) keep(t *lua.Table) {
	if items, fields := t.Room(); items+fields <= maxSpareFields {
		t.Clear()
		s.table = t
	}
}

// take returns a new table for self.state.
func (s *spareState) take(L *lua.State, items, fields int) *lua.Table {
	t := s.table
	s.table = nil
	return L.RenewTable(t, items, fields)
}

// name returns b as a string.
func (s *spareState) name(b []byte) string {
	n := len(b)
	if n == 0 || n > maxSpareName {
		return string(b)
	}
	kept := &s.names[(n*5+int(b[0])+int(b[n-1])*3)%len(s.names)]
	if *kept != string(b) {
		*kept = string(b)
	}
	return *kept
}

package aso

import (
	"fmt"
	"sync/atomic"
)

// countedUsers returns an error unless the users of versions and aliases are counted as the sections of all records say.
func countedUsers(ks *Keyspace) error {
	var anew userCounts
	for part := range ks.parts {
		for _, d := range ks.parts[part].dbs {
			for i := 0; d != nil && i < len(d.slots); i++ {
				d.slots[i].each(func(r ref) bool {
					anew.addSection(ks.arena.record(r).active(), 1)
					return true
				})
			}
		}
	}
	for _, pair := range [][2]*userCounts{{&ks.users, &anew}, {&anew, &ks.users}} {
		var wrong error
		pair[0].counts.Range(func(id, n any) bool {
			if got := pair[1].get(id.([6]byte)); got != n.(*atomic.Int64).Load() {
				wrong = fmt.Errorf("users of %x: %d and %d", id, n.(*atomic.Int64).Load(), got)
			}
			return wrong == nil
		})
		if wrong != nil {
			return wrong
		}
	}
	return nil
}

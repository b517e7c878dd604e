package rdb

import (
	"fmt"
	"os"
	"testing"
)

// Keys come out of a spool as they went in, as often as they are asked for, and its file has no name.
func TestASpoolKeepsKeys(t *testing.T) {
	dir := t.TempDir()
	s, err := NewSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for round := range 2 {
		if err := s.Reset(); err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if err := s.Add(i%3, fmt.Appendf(nil, "key-%d", i), int64(i-50), make(Payload, i*round)); err != nil {
				t.Fatal(err)
			}
			if i == 50 { // what follows is added behind
				if err := s.w.Flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 2 {
			next := 0
			err := s.Each(func(n uint64, db int, name []byte, deadline int64, p Payload) error {
				if int(n) != next+1 || db != next%3 || string(name) != fmt.Sprint("key-", next) || deadline != int64(next-50) || len(p) != next*round {
					t.Errorf("%d: %d %s %d %d", n, db, name, deadline, len(p))
				}
				next++
				return nil
			})
			if err != nil || next != 100 {
				t.Errorf("%d keys, %v", next, err)
			}
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
}

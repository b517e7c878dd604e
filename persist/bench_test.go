package persist

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

func BenchmarkCommit(b *testing.B) {
	for _, policy := range []Policy{EverySec, Always} {
		for _, clients := range []int{1, 10, 50} {
			b.Run(fmt.Sprintf("%v/clients=%d", policy, clients), func(b *testing.B) {
				benchCommit(b, policy, clients)
			})
		}
	}
}

func benchCommit(b *testing.B, policy Policy, clients int) {
	s := openLoaded(b, b.TempDir(), Options{Policy: policy, Logger: quiet()})
	defer closeStore(b, s)
	unit := make([]byte, 100)
	b.ReportAllocs()
	if clients == 1 {
		for b.Loop() {
			if err := s.Commit(s.Append(unit)); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	const each = 100
	rounds := 0
	for b.Loop() {
		rounds++
		var wg sync.WaitGroup
		for range clients {
			wg.Go(func() {
				for range each {
					if err := s.Commit(s.Append(unit)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
	units := float64(rounds * clients * each)
	b.ReportMetric(units/b.Elapsed().Seconds(), "units/s")
	b.ReportMetric(b.Elapsed().Seconds()/units*1e9, "ns/unit")
}

// BenchmarkLoad reads journals of 1 M units of 120 bytes, in records of one and of 64 units.
func BenchmarkLoad(b *testing.B) {
	for _, perRecord := range []int{1, 64} {
		b.Run(fmt.Sprintf("units_per_record=%d", perRecord), func(b *testing.B) {
			dir := b.TempDir()
			s := openLoaded(b, dir, Options{Policy: No, Logger: quiet()})
			unit := make([]byte, 120)
			var bytes int64
			for i := range 1_000_000 {
				seq := s.Append(unit)
				bytes += int64(len(unit))
				if i%perRecord == 0 {
					if err := s.Commit(seq); err != nil {
						b.Fatal(err)
					}
				}
			}
			closeStore(b, s)
			b.SetBytes(bytes)
			b.ReportAllocs()
			for b.Loop() {
				s := openLoaded(b, dir, Options{Logger: quiet()})
				b.StopTimer()
				closeStore(b, s)
				b.StartTimer()
			}
		})
	}
}

// BenchmarkSnapshot writes 64 MiB in 4 KiB chunks while a client commits, and reports what the client saw.
func BenchmarkSnapshot(b *testing.B) {
	for _, policy := range []Policy{EverySec, Always} {
		b.Run(policy.String(), func(b *testing.B) {
			s := openLoaded(b, b.TempDir(), Options{Policy: policy, Logger: quiet()})
			defer closeStore(b, s)
			chunk := make([]byte, 4<<10)
			const chunks = 16 << 10
			b.SetBytes(chunks * int64(len(chunk)))
			var took []time.Duration
			for b.Loop() {
				done := make(chan error, 1)
				go func() {
					done <- s.Snapshot(context.Background(), func(w *SnapshotWriter) error {
						for range chunks {
							if err := w.Put(s.Stats().Newest, chunk); err != nil {
								return err
							}
						}
						return nil
					})
				}()
				took = commitUntil(b, s, done, took)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
			b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-us")
		})
	}
}

func commitUntil(b *testing.B, s *Store, done chan error, took []time.Duration) []time.Duration {
	unit := make([]byte, 100)
	for {
		select {
		case err := <-done:
			if err != nil {
				b.Fatal(err)
			}
			return took
		default:
		}
		begin := time.Now()
		if err := s.Commit(s.Append(unit)); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
}

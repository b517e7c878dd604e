package cron

import (
	"slices"
	"testing"
	"time"
)

// series returns the next n times after one, as the zone's clocks show them, with the offset where that matters.
func series(t *testing.T, expr, zone, after string, n int) (got []string) {
	t.Helper()
	s, err := Parse(expr, zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, after)
	if err != nil {
		t.Fatal(err)
	}
	ms := at.UnixMilli()
	for range n {
		next, ok := s.Next(ms)
		if !ok {
			break
		}
		if next <= ms {
			t.Fatalf("%q: %d is not after %d", expr, next, ms)
		}
		ms = next
		got = append(got, time.UnixMilli(ms).In(s.zone).Format("Mon 2006-01-02 15:04:05 -07"))
	}
	return got
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name, expr, zone, after string
		want                    []string
	}{
		{"every five minutes", "*/5 * * * *", "", "2026-01-01T00:01:00Z", []string{"Thu 2026-01-01 00:05:00 +00", "Thu 2026-01-01 00:10:00 +00"}},
		{"seconds", "30 0 0 1 1 *", "", "2026-01-01T00:00:29Z", []string{"Thu 2026-01-01 00:00:30 +00", "Fri 2027-01-01 00:00:30 +00"}},
		{"strictly after", "0 0 * * *", "", "2026-01-01T00:00:00Z", []string{"Fri 2026-01-02 00:00:00 +00"}},
		{"just before", "0 0 * * *", "", "2025-12-31T23:59:59.999Z", []string{"Thu 2026-01-01 00:00:00 +00"}},
		{"day of month or of week", "0 12 13 * fri", "", "2026-02-01T00:00:00Z", []string{"Fri 2026-02-06 12:00:00 +00", "Fri 2026-02-13 12:00:00 +00", "Fri 2026-02-20 12:00:00 +00", "Fri 2026-02-27 12:00:00 +00", "Fri 2026-03-06 12:00:00 +00"}},
		{"Sunday is 7 and 0", "0 0 * * 7", "", "2026-01-01T00:00:00Z", []string{"Sun 2026-01-04 00:00:00 +00"}},
		{"a range to Sunday", "0 0 * * 6-7", "", "2026-01-01T00:00:00Z", []string{"Sat 2026-01-03 00:00:00 +00", "Sun 2026-01-04 00:00:00 +00", "Sat 2026-01-10 00:00:00 +00"}},
		{"in a zone", "0 9 * * *", "Asia/Tokyo", "2026-01-01T00:00:00Z", []string{"Fri 2026-01-02 09:00:00 +09"}},
		{"weekly", "@weekly", "", "2026-01-01T00:00:00Z", []string{"Sun 2026-01-04 00:00:00 +00"}},
		{"leap day over 2100", "0 0 29 2 *", "", "2096-03-01T00:00:00Z", []string{"Fri 2104-02-29 00:00:00 +00"}},
		{"never", "0 0 30 2 *", "", "2026-01-01T00:00:00Z", nil},

		{"a time in the gap is due after it, once", "30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", []string{"Sat 2026-03-28 02:30:00 +01", "Sun 2026-03-29 03:00:00 +02", "Mon 2026-03-30 02:30:00 +02"}},
		{"several in the gap are due once", "*/20 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", []string{"Sun 2026-03-29 03:00:00 +02", "Mon 2026-03-30 02:00:00 +02"}},
		{"one in the gap and one at its end are due once", "0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", []string{"Sun 2026-03-29 03:00:00 +02", "Mon 2026-03-30 02:00:00 +02"}},
		{"midnight in the gap", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", []string{"Sun 2018-11-04 01:00:00 -02", "Mon 2018-11-05 00:00:00 -02"}},
		{"a day that does not exist", "0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", []string{"Sat 2011-12-31 00:00:00 +14", "Sun 2012-12-30 12:00:00 +14"}},
		{"a time that occurs twice is due the first time", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"Sun 2026-10-25 02:30:00 +02", "Mon 2026-10-26 02:30:00 +01"}},
		{"asked between the two", "30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", []string{"Mon 2026-10-26 02:30:00 +01"}},
		{"every hour goes on through the gap", "30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", []string{"Sun 2026-03-29 01:30:00 +01", "Sun 2026-03-29 03:30:00 +02"}},
		{"every hour goes on when clocks are put back", "30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", []string{"Sun 2026-10-25 02:30:00 +02", "Sun 2026-10-25 02:30:00 +01", "Sun 2026-10-25 03:30:00 +01"}},
		{"half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", []string{"Sun 2026-10-04 02:30:00 +11", "Mon 2026-10-05 02:15:00 +11"}},
	} {
		if got := series(t, c.expr, c.zone, c.after, max(len(c.want), 1)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q in %q after %s:\n got %q\nwant %q", c.name, c.expr, c.zone, c.after, got, c.want)
		}
	}
}

// TestFixedTimeIsDueOnceADay counts over many years of many zones.
func TestFixedTimeIsDueOnceADay(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran", "Pacific/Chatham"} {
		for _, expr := range []string{"30 2 * * *", "0 0 * * *", "59 23 * * *", "15 1 * * *"} {
			s, err := Parse(expr, zone)
			if err != nil {
				t.Fatal(err)
			}
			from, until := time.Date(2000, 1, 1, 0, 0, 0, 0, s.zone), time.Date(2030, 1, 1, 0, 0, 0, 0, s.zone)
			n, want := 0, int(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Hours()/24)
			for at, ok := s.Next(from.UnixMilli() - 1); ok && at < until.UnixMilli(); at, ok = s.Next(at) {
				n++
			}
			if n != want {
				t.Errorf("%s in %s: %d times in %d days", expr, zone, n, want)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range [][2]string{
		{"", ""},
		{"* * * *", ""},
		{"* * * * * * *", ""},
		{"60 * * * *", ""},
		{"* 24 * * *", ""},
		{"* * 0 * *", ""},
		{"* * * 13 *", ""},
		{"* * * * 8", ""},
		{"*/0 * * * *", ""},
		{"a * * * *", ""},
		{"-1 * * * *", ""},
		{"5-1 * * * *", ""},
		{"@every 1h", ""},
		{"@reboot", ""},
		{"TZ=UTC * * * * *", ""},
		{"TZ=", ""},
		{"CRON_TZ=UTC", ""},
		{"* * * * *", "Nowhere/City"},
		{"* * * * *", "Local"},
		{"* * * * *", "../etc/passwd"},
		{"* * * * *", "/etc/localtime"},
		{string(make([]byte, 200)), ""},
	} {
		if _, err := Parse(c[0], c[1]); err == nil {
			t.Errorf("%q in %q is accepted", c[0], c[1])
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("*/5 1-3,7 * jan-mar 1-7", "Europe/Berlin", int64(1_800_000_000_000))
	f.Add("@daily", "", int64(-1))
	f.Add("0 0 29 2 ?", "Pacific/Apia", int64(0))
	f.Fuzz(func(t *testing.T, expr, zone string, after int64) {
		s, err := Parse(expr, zone)
		if err != nil || after < -1<<45 || after > 1<<45 {
			return
		}
		if next, ok := s.Next(after); ok {
			if next <= after {
				t.Fatalf("%q in %q: %d is not after %d", expr, zone, next, after)
			}
			if again, _ := s.Next(next - 1); again != next {
				t.Fatalf("%q in %q: after %d comes %d, after %d %d", expr, zone, after, next, next-1, again)
			}
		}
	})
}

func BenchmarkNext(b *testing.B) {
	s, err := Parse("*/5 * * * *", "Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for at := int64(1_800_000_000_000); b.Loop(); {
		at, _ = s.Next(at)
	}
}

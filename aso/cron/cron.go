// Package cron computes when cron expressions are due in time zones. It is the only importer of robfig/cron, which parses them and finds
// the next matching wall-clock time; what the clocks' changes make of that is decided here:
//
//   - A wall-clock time that does not exist, because clocks are put forward, is due at the first instant after the gap.
//   - One that occurs twice, because clocks are put back, is due the first time.
//   - An expression whose hour field allows every hour counts instants, not hours of the day: it goes on through both.
package cron

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // zones also where the system has none

	"github.com/robfig/cron/v3"
)

// Schedule is the times of a cron expression in a zone. It is immutable.
type Schedule struct {
	wall   *cron.SpecSchedule // on wall-clock times, which are written as UTC
	zone   *time.Location
	hourly bool // every hour is allowed
}

// MaxLength is the length of the longest expression, and of the longest name of a zone, in bytes.
const MaxLength = 128

var parser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// Parse reads an expression of five fields (minute, hour, day of month, month, day of week), six with seconds before them, or one of
// @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually. zone is an IANA name; empty is UTC.
func Parse(expr, zone string) (*Schedule, error) {
	if len(expr) > MaxLength || len(zone) > MaxLength {
		return nil, errors.New("too long")
	}
	if zone == "Local" {
		return nil, errors.New("unknown time zone Local") // it would depend on the machine
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("unknown time zone %s", zone)
	}
	expr = strings.ToLower(strings.TrimSpace(expr))
	if strings.Contains(expr, "=") { // the parser would take a zone from it
		return nil, errors.New("a field has a =")
	}
	parsed, err := parser.Parse(sundays(expr))
	if err != nil {
		return nil, err
	}
	wall, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, errors.New("@every is not a time of the day")
	}
	const everyHour = 1<<24 - 1
	wall.Location = time.UTC
	return &Schedule{wall: wall, zone: loc, hourly: wall.Hour&everyHour == everyHour}, nil
}

// sundays returns expr with the day of the week 7 as 0, which is what the parser knows.
func sundays(expr string) string {
	fields := strings.Fields(expr)
	if len(fields) < 5 {
		return expr
	}
	days := strings.Split(fields[len(fields)-1], ",")
	for i, day := range days {
		switch {
		case day == "7":
			days[i] = "0"
		case len(day) == 3 && strings.HasSuffix(day, "-7"):
			days[i] = day[:2] + "6,0"
		}
	}
	fields[len(fields)-1] = strings.Join(days, ",")
	return strings.Join(fields, " ")
}

// Next returns the first time after the given one, both in Unix milliseconds; ok is false if there is none within the next years.
func (s *Schedule) Next(after int64) (next int64, ok bool) {
	from := time.Unix(after/1000+1, 0).In(s.zone)
	if after < 0 && after%1000 != 0 {
		from = from.Add(-time.Second)
	}
	const periods = 64 // of a constant offset from UTC; where clocks change there are two a year
	for range periods {
		at, resume := s.inPeriod(from)
		if !at.IsZero() {
			return at.UnixMilli(), true
		}
		if resume.IsZero() {
			return 0, false
		}
		from = resume
	}
	return 0, false
}

// inPeriod returns the first time from an instant on while the zone's offset from UTC is as it is then, or the change of offset itself
// if the time falls into the gap that it makes. Else it returns zero and when the period ends, zero if it does not.
func (s *Schedule) inPeriod(from time.Time) (at, end time.Time) {
	start, end := from.ZoneBounds()
	first := wallClock(from)
	if !start.IsZero() && !s.hourly {
		repeated := wallAt(start, offset(start.Add(-time.Second))) // what the clock showed before it was put back was shown before
		if first.Before(repeated) {
			first = repeated
		}
	}
	wall := s.nextWall(first)
	if wall.IsZero() {
		return time.Time{}, time.Time{}
	}
	at = wall.Add(-offset(from)).In(s.zone)
	switch {
	case end.IsZero() || at.Before(end):
		return at, end
	case !s.hourly && wall.Before(wallClock(end)):
		return end, end
	}
	return time.Time{}, end
}

// nextWall returns the first matching wall-clock time from one on; zero if there is none.
func (s *Schedule) nextWall(first time.Time) time.Time {
	const tries = 2 // the parser's schedule looks five years ahead; from 2096 to 2104 there is no 29 February
	for range tries {
		if next := s.wall.Next(first.Add(-time.Second)); !next.IsZero() {
			return next
		}
		first = time.Date(first.Year()+5, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// wallClock returns what a clock shows at t, as a time in UTC.
func wallClock(t time.Time) time.Time { return wallAt(t, offset(t)) }

// wallAt returns what a clock shows at t that is offset from UTC.
func wallAt(t time.Time, offset time.Duration) time.Time { return t.UTC().Add(offset) }

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

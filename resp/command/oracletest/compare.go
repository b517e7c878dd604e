package oracletest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Check compares a reply with the one in the script: with ours where it is known
// to differ, unless real says that the server is a real Redis.
func (s *Step) Check(proto int, got Frame, real bool) error {
	if !s.Op.Replies() {
		return nil
	}
	want, ok := s.Want[proto]
	if ours, differs := s.Ours[proto]; differs && !real {
		want, ok = ours, true
	}
	if !ok {
		return fmt.Errorf("no reply is recorded for RESP%d; the server says %s", proto, got)
	}
	if !s.Mod.Equal(want, got) {
		return fmt.Errorf("RESP%d\n got %s\nwant %s", proto, got, want)
	}
	return s.Mod.Matches(got)
}

// Matches checks the text of a reply against the regular expression, if there is one.
func (m Modifiers) Matches(got Frame) error {
	if m.Match == nil {
		return nil
	}
	text := got.Text
	if got.Kind == Verbatim {
		_, text, _ = strings.Cut(text, ":")
	}
	if len(got.Items) > 0 {
		text = got.String()
	}
	if !m.Match.MatchString(text) {
		return fmt.Errorf("%q does not match %s", text, m.Match)
	}
	return nil
}

// Equal compares two replies with the tolerance that the modifiers give.
func (m Modifiers) Equal(want, got Frame) bool {
	if m.Sort > 0 {
		want, got = want.sorted(m.Sort), got.sorted(m.Sort)
	}
	return m.equal(want, got)
}

func (m Modifiers) equal(want, got Frame) bool {
	if want.Kind != got.Kind {
		return false
	}
	if want.Any || got.Any || m.loose() {
		return true
	}
	if want.Text != got.Text && !m.near(want, got) {
		return false
	}
	return slices.EqualFunc(want.Items, got.Items, m.equal)
}

func (m Modifiers) loose() bool { return m.Ignore || m.Match != nil }

func (m Modifiers) near(want, got Frame) bool {
	if m.Approx == 0 {
		return false
	}
	a, err1 := strconv.ParseFloat(want.Text, 64)
	b, err2 := strconv.ParseFloat(got.Text, 64)
	return err1 == nil && err2 == nil && math.Abs(a-b) <= m.Approx
}

// sorted gives a copy whose aggregates are ordered by their text, in groups of n
// elements; a map's group is its pair. An aggregate that is no multiple of n stays as it is.
func (f Frame) sorted(n int) Frame {
	if len(f.Items) == 0 {
		return f
	}
	items := make([]Frame, len(f.Items))
	for i, item := range f.Items {
		items[i] = item.sorted(n)
	}
	if f.Kind == Map {
		n = 2
	}
	switch {
	case len(items[0].Items) > 0:
		n = 1 // the groups are aggregates of their own
	case len(items)%n != 0:
		n = len(items)
	}
	groups := slices.Collect(slices.Chunk(items, n))
	slices.SortStableFunc(groups, func(a, b []Frame) int {
		return slices.CompareFunc(a, b, compareText)
	})
	f.Items = slices.Concat(groups...)
	return f
}

func compareText(a, b Frame) int {
	x, y := a.line(false), b.line(false)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

package command

import (
	"slices"
	"testing"
)

func TestListsOfProcessors(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []int
		ok   bool
	}{
		{"", nil, true},
		{"0", []int{0}, true},
		{"0,2,4-6", []int{0, 2, 4, 5, 6}, true},
		{"1-7:3,9", []int{1, 4, 7, 9}, true},
		{"3-1", nil, false},
		{"0-7:0", nil, false},
		{"1:2", nil, false},
		{"0,,1", nil, false},
		{"1024", nil, false},
		{"-1", nil, false},
		{"a", nil, false},
	} {
		if got, ok := cpuList(tt.text); ok != tt.ok || !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, %v", tt.text, got, ok)
		}
	}
}

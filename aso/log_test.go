package aso

import (
	"fmt"
	"testing"
)

// TestALoudObjectKeepsTheLinesOfOthers lets an object log much, and then more objects log than are kept.
func TestALoudObjectKeepsTheLinesOfOthers(t *testing.T) {
	ks := New(Options{})
	ks.logs.add(LogEntry{Key: "quiet", Text: "once"})
	for i := range 100_000 {
		ks.logs.add(LogEntry{Key: "loud", Text: fmt.Sprint(i)})
	}
	if lines := ks.Log(0, []byte("quiet"), 10); len(lines) != 1 || lines[0].Text != "once" {
		t.Error(lines)
	}
	lines := ks.Log(0, []byte("loud"), 1000)
	if len(lines) != logLines || lines[0].Text != "99999" || lines[logLines-1].Text != fmt.Sprint(100_000-logLines) {
		t.Error(len(lines), lines[0])
	}
	if len(ks.Log(0, []byte("loud"), 3)) != 3 || len(ks.Log(1, []byte("loud"), 3)) != 0 {
		t.Error("count or database")
	}
	for i := range logObjects - 1 {
		ks.logs.add(LogEntry{Key: fmt.Sprint("other", i)})
	}
	if len(ks.Log(0, []byte("quiet"), 1)) != 0 || len(ks.Log(0, []byte("loud"), 1)) != 1 || ks.logs.recent.Len() != logObjects || len(ks.logs.objects) != logObjects {
		t.Error(ks.logs.recent.Len(), len(ks.logs.objects))
	}
}

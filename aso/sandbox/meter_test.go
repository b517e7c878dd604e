package sandbox

import (
	"errors"
	"runtime"
	"testing"
	"time"
)

// TestTimeOfOthersDoesNotCount has a rest that is an hour ago, in which the thread did next to nothing.
func TestTimeOfOthersDoesNotCount(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var m meter
	m.thread, m.used = threadTime()
	if m.thread == 0 {
		t.Skip("this system does not tell the processor time of a thread")
	}
	if got := m.stretch(time.Hour); got >= maxStretch {
		t.Errorf("an idle hour counts %v", got)
	}
	for used := m.used; used < m.used+maxStretch; _, used = threadTime() {
	}
	if got := m.stretch(time.Hour); got != maxStretch {
		t.Errorf("a busy hour counts %v", got)
	}
	m.used += time.Hour // of a thread that had the number before
	if got := m.stretch(time.Millisecond); got < 0 {
		t.Errorf("a millisecond counts %v", got)
	}
	m.thread++ // the run has come to another thread
	if got := m.stretch(time.Hour); got != maxStretch {
		t.Errorf("an unknown hour counts %v", got)
	}
	if got := m.stretch(time.Millisecond); got != time.Millisecond {
		t.Errorf("an unknown millisecond counts %v", got)
	}
}

func TestTimeEndsARun(t *testing.T) {
	_, err := runBody(t, "while true do pcall(error) end", Run{Limits: Limits{Instructions: 1 << 50, Memory: 1 << 50, Time: 5 * time.Millisecond}})
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Which != LimitTime {
		t.Error(err)
	}
}

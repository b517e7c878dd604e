package command

import (
	"testing"
	"time"
)

func TestPauseTakesTheLaterEndAndTheWiderMode(t *testing.T) {
	var p pause
	if over, _ := p.wait(true); over != nil {
		t.Error("a pause before the first")
	}
	now := time.Now()
	p.begin(now.Add(time.Hour), false)
	first, _ := p.wait(true)
	if over, _ := p.wait(false); over != nil {
		t.Error("a pause of writes holds a read")
	}
	p.begin(now.Add(time.Minute), true)
	select {
	case <-first:
	default:
		t.Error("clients are not told of a new pause")
	}
	if over, until := p.wait(false); over == nil || !until.Equal(now.Add(time.Hour)) {
		t.Errorf("the pause ends at %v, want in an hour", until)
	}
	second, _ := p.wait(false)
	p.end()
	p.end()
	select {
	case <-second:
	default:
		t.Error("clients are not told of the end")
	}
	if over, _ := p.wait(true); over != nil {
		t.Error("a pause after its end")
	}
	p.begin(now.Add(-time.Second), true)
	if over, _ := p.wait(true); over != nil || p.on.Load() {
		t.Error("a pause that is over holds clients")
	}
}

func TestRateIsThatOfTheLastInterval(t *testing.T) {
	var r rate
	now := time.Now()
	r.perSecond(now, 100)
	for _, step := range []struct {
		after time.Duration
		count int64
		want  int64
	}{
		{2 * time.Second, 300, 100},
		{2*time.Second + 50*time.Millisecond, 400, 100}, // too short to tell
		{3 * time.Second, 350, 50},
		{4 * time.Second, 0, 0}, // counters were reset
	} {
		if got := r.perSecond(now.Add(step.after), step.count); got != step.want {
			t.Errorf("after %v with %d: %d a second, want %d", step.after, step.count, got, step.want)
		}
	}
}

func TestHumanSize(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "0B", 1023: "1023B", 1024: "1.00K", 1536: "1.50K", 1 << 20: "1.00M", 25276502016: "23.54G", 5 << 50: "5.00P",
	} {
		if got := humanSize(bytes); got != want {
			t.Errorf("humanSize(%d) = %q, want %q", bytes, got, want)
		}
	}
}

func TestErrorCodesAreBounded(t *testing.T) {
	var e errorStats
	for i := range 1000 {
		e.add(string(rune('A'+i%26)) + string(rune('A'+i/26%26)) + " text")
	}
	e.add("AA once more")
	if len(e.counts) != maxErrorCodes || e.counts["AA"] < 2 {
		t.Errorf("%d codes, AA %d times", len(e.counts), e.counts["AA"])
	}
}

package sandbox

import (
	"errors"
	"strings"
	"testing"
)

func TestSourceLowersItsLimits(t *testing.T) {
	const body = `
function onGet(self, ev) for i = 1, 400 do end end
function onPut(self, ev) local t = {} for i = 1, 100 do t[i] = ("x"):rep(100) end end
function onUpdate(self, ev) self.state.s = ("x"):rep(200) end`
	limit := func(source string, h Handler) string {
		p, err := Compile([]byte("#!lua name=x\n"+source+body), Limits{})
		if err != nil {
			t.Fatal(source, err)
		}
		_, err = NewPool(1).Run(&Run{Program: p, Handler: h, Limits: DefaultLimits()})
		var le *LimitError
		if errors.As(err, &le) {
			return le.Error()
		}
		return "ok"
	}
	for _, c := range []struct {
		source string
		h      Handler
		want   string
	}{
		{"", OnGet, "ok"},
		{"", OnPut, "ok"},
		{"", OnUpdate, "ok"},
		{"limits = { instructions = 300 }", OnGet, "instructions budget of 300 exhausted"},
		{`limits = { instructions = "300" }`, OnGet, "instructions budget of 300 exhausted"},
		{"limits = { instructions = 1e9 }", OnGet, "ok"},
		{`limits = { memory = "4kb" }`, OnPut, "memory cap of 4096 bytes exceeded"},
		{`limits = { memory = "4MB" }`, OnPut, "ok"},
		{"limits = { state = 100 }", OnUpdate, "state self.state is larger than 100 bytes"},
		{"limits = { state = 300, timers = 0, hops = 0, messages = 0 }", OnUpdate, "ok"},
	} {
		if got := limit(c.source, c.h); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.source, c.h, got, c.want)
		}
	}
	p, err := Compile([]byte("#!lua name=x\nlimits = { timers = 3 }"+body), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Lower(LimitTimers, 64) != 3 || p.Lower(LimitTimers, 2) != 2 || p.Lower(LimitHops, 8) != 8 {
		t.Error("limits of the host are not lowered")
	}
}

func TestLimitsThatAreNone(t *testing.T) {
	for source, want := range map[string]string{
		"limits = 5":                                     "2: limits must be one table",
		"limits = {}\nlimits = {}":                       "3: limits must be one table",
		"limits = { wall = 5 }":                          `2: limits: unknown limit "wall": want one of hops, instructions, memory, messages, state, timers`,
		"limits = { 5 }":                                 `2: limits: unknown limit "1": want one of`,
		"limits = { instructions = 0 }":                  `2: limits: instructions: "0" is no limit`,
		"limits = { state = 0 }":                         `2: limits: state: "0" is no limit`,
		"limits = { timers = -1 }":                       `2: limits: timers: "-1" is no limit`,
		"limits = { timers = '1kb' }":                    `2: limits: timers: "1kb" is no limit`,
		"limits = { memory = '1tb' }":                    `2: limits: memory: "1tb" is no limit`,
		"limits = { memory = 1.5 }":                      `2: limits: memory: "1.5" is no limit`,
		"limits = { memory = {} }":                       `2: limits: memory: "(error object is a table value)" is no limit`,
		"limits = { memory = '99999999999999999999kb' }": "is no limit",
		"limits = { memory = tonumber('5') }":            "2: a constant cannot be the result of a call",
	} {
		_, err := Compile([]byte("#!lua name=x\n"+source+"\nfunction onGet() end"), Limits{})
		if err == nil || !strings.Contains(strings.TrimPrefix(err.Error(), "line "), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

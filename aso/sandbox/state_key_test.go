package sandbox

import (
	"strings"
	"testing"
)

// Keys that are one in Lua are one in the state, and what the decoder refuses is not written.
func TestNumbersAsKeysOfTheState(t *testing.T) {
	out, err := runBody(t, `self.state[-0] = "zero" self.state[-(0 * 1)] = "zero again" self.state[2 ^ 53] = 1`, Run{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := DecodeState(out.State); err != nil || len(v.Tab.Fields) != 2 {
		t.Errorf("%+v %v", v, err)
	}
	for _, key := range []string{"2 ^ 60", "-2 ^ 54", "0.5", "1e300"} {
		if _, err := runBody(t, `self.state[`+key+`] = 1`, Run{}); err == nil || !strings.Contains(err.Error(), "no integer") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// Equal states have equal bytes, however they came about.
func TestStateIsSortedByKeys(t *testing.T) {
	var first []byte
	for i, body := range []string{
		`s.b = 1 s.a = 2 s[1] = "x" s[2] = "y" s[-1] = 0 s[7] = 1 s[""] = true s.t = { z = 1, [3] = 2, y = 3 }`,
		`s.t = { [3] = 2 } s.t.y = 3 s.t.z = 1 s.gone = 1 s[7] = 1 s[-1] = 0 s[2] = "y" s[1] = "x" s.a = 2 s[""] = true s.b = 1 s.gone = nil`,
		`for i = 20, 1, -1 do s[i] = i end for i = 1, 20 do s[i] = nil end s[2] = "y" s[7] = 1 s[1] = "x" s[-1] = 0 s.t = { z = 1, [3] = 2, y = 3 } s.b = 1 s.a = 2 s[""] = true`,
	} {
		out, err := runBody(t, "local s = self.state "+body, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = out.State
		}
		if string(out.State) != string(first) {
			t.Errorf("%s\nmakes %q, want %q", body, out.State, first)
		}
		v, err := DecodeState(out.State)
		if err != nil {
			t.Fatal(err)
		}
		again, err := EncodeState(v, 1<<16)
		if err != nil || string(again) != string(first) {
			t.Errorf("EncodeState makes %q, %v", again, err)
		}
	}
	v, err := DecodeState(first)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, f := range v.Tab.Fields {
		text, _ := f.Key.AppendText(nil)
		keys = append(keys, string(text))
	}
	if got := strings.Join(keys, " "); got != " a b t -1 7" || len(v.Tab.Array) != 2 {
		t.Errorf("keys %q behind %d items", got, len(v.Tab.Array))
	}
}

// States that an earlier version has written have their pairs in any order.
func TestStateInAnyOrderDecodes(t *testing.T) {
	old := []byte{stateVersion, tagTable, 1, 3, tagTrue, tagInt, 14, tagTrue, tagString, 1, 'b', tagInt, 2, tagString, 1, 'a', tagInt, 4}
	out, err := runBody(t, `local s = self.state return s.a .. s.b .. tostring(s[7]) .. tostring(s[1])`, Run{State: old})
	if err != nil || out.Value.Str != "21truetrue" || !out.StateChanged || len(out.State) != len(old) {
		t.Errorf("%+v %v", out, err)
	}
}

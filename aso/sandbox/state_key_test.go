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

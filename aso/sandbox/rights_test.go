package sandbox

import "testing"

func TestRightsAreDeclared(t *testing.T) {
	for head, want := range map[string]Rights{"": Definer, "rights = 'definer'\n": Definer, "rights = 'invoker'\n": Invoker} {
		source := []byte("#!lua name=h\n" + head + "function onGet(self, ev) return self.key end")
		p, err := Compile(source, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Rights() != want {
			t.Errorf("%q: rights of the %s", head, p.Rights())
		}
		if found := Check(source, Limits{}); len(found) != 1 || found[0].Severity != SeverityNote {
			t.Errorf("%q: %+v", head, found)
		}
	}
}

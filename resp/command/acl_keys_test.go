package command

import (
	"slices"
	"testing"
)

// TestKeysOfEveryCommandCanBeTold fails for a command that has keys which its specifications do not name, so that users without the right
// to them would get at them: aclKeys has to know where they are.
func TestKeysOfEveryCommandCanBeTold(t *testing.T) {
	specs, err := loadSpecs()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := newTable(specs)
	if err != nil {
		t.Fatal(err)
	}
	rows.eachRow(func(cmd *Command) {
		for i := range cmd.Keys {
			spec := &cmd.Keys[i]
			known := spec.Begin.Type == "index" || spec.Begin.Type == "keyword" || spec.locate != nil
			found := spec.Find.Type == "range" || spec.Find.Type == "keynum" || spec.locate != nil
			if cmd.unnamed != nil && i == 1 {
				continue // no argument names those keys: BY and GET need the right to all
			}
			switch {
			case !known || !found || spec.has("incomplete") && spec.locate == nil:
				t.Errorf("%s: specification %d does not say where its keys are", cmd.full, i)
			case spec.has("variable_flags") && cmd.full != "set" && cmd.full != "bitfield":
				t.Errorf("%s: specification %d does not say what is done to its keys", cmd.full, i)
			case !spec.has("not_key") && cmd.keyAccess[i] == 0 && !slices.Contains(spec.Flags, "RO") && !slices.Contains(spec.Flags, "RM") && cmd.has(flagWrite):
				t.Errorf("%s: specification %d says neither access nor change", cmd.full, i)
			}
		}
	})
}

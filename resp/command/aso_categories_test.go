package command

import (
	"slices"
	"strings"
	"testing"
)

// TestOurCommandsHaveTheirCategories checks what docs/security.md says of @aso and @asoadmin.
func TestOurCommandsHaveTheirCategories(t *testing.T) {
	specs, err := loadSpecs()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := newTable(specs)
	if err != nil {
		t.Fatal(err)
	}
	rows.eachRow(func(cmd *Command) {
		if !strings.HasPrefix(cmd.Name, "aso.") {
			return
		}
		if !slices.Contains(cmd.ACL, "@aso") {
			t.Errorf("%s is not in @aso", cmd.Name)
		}
		if slices.Contains(cmd.ACL, "@asoadmin") && (slices.Contains(cmd.ACL, "@read") || slices.Contains(cmd.ACL, "@write")) {
			t.Errorf("%s is in @asoadmin, so neither +@read nor +@write may include it", cmd.Name)
		}
		if slices.Contains(cmd.ACL, "@fast") == slices.Contains(cmd.ACL, "@slow") {
			t.Errorf("%s is in both or none of @fast and @slow", cmd.Name)
		}
		for i := range cmd.Keys {
			if cmd.keyAccess[i] == 0 && cmd.has(flagWrite) {
				t.Errorf("%s writes a key without access, insert, update or delete among its flags", cmd.Name)
			}
		}
	})
}

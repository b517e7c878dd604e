package persist

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	journalPrefix  = "journal-"
	snapshotPrefix = "snapshot-"
	dbSuffix       = ".db"
	tmpSuffix      = ".tmp"     // never finished: removed at the next start
	droppedSuffix  = ".dropped" // put aside by a repair: never read
	generationLen  = 10
)

func fileName(prefix string, generation uint64) string {
	return fmt.Sprintf("%s%0*d%s", prefix, generationLen, generation, dbSuffix)
}

// parseName is the inverse of fileName; ok is false for every other name.
func parseName(name string) (prefix string, generation uint64, ok bool) {
	for _, prefix := range []string{journalPrefix, snapshotPrefix} {
		digits, found := strings.CutPrefix(name, prefix)
		if !found {
			continue
		}
		digits, found = strings.CutSuffix(digits, dbSuffix)
		n, err := strconv.ParseUint(digits, 10, 63)
		if found && err == nil && n > 0 && fileName(prefix, n) == name {
			return prefix, n, true
		}
	}
	return "", 0, false
}

// inventory is what a data directory holds.
type inventory struct {
	snapshots, journals []uint64 // generations, ascending
	temps               []string // names of unfinished files
}

// takeInventory lists dir and refuses what is not the store's: a wrong directory must not be taken for an empty store.
func takeInventory(fs FS, dir string) (inventory, error) {
	entries, err := fs.ReadDir(whyLoad, dir)
	if err != nil {
		return inventory{}, fmt.Errorf("list data directory: %w", err)
	}
	var inv inventory
	for _, e := range entries {
		name := e.Name()
		prefix, generation, ok := parseName(name)
		switch {
		case ok && e.IsDir():
			return inventory{}, foreignFile(dir, name)
		case ok && prefix == journalPrefix:
			inv.journals = append(inv.journals, generation)
		case ok:
			inv.snapshots = append(inv.snapshots, generation)
		case isOurs(name, tmpSuffix):
			inv.temps = append(inv.temps, name)
		case name == lockName, isOurs(name, droppedSuffix), strings.HasPrefix(name, "."), name == "lost+found":
		default:
			return inventory{}, foreignFile(dir, name)
		}
	}
	slices.Sort(inv.journals)
	slices.Sort(inv.snapshots)
	return inv, nil
}

func foreignFile(dir, name string) error {
	hint := ""
	if name == "dump.rdb" || name == "appendonlydir" || name == "appendonly.aof" {
		hint = " (comet import takes over what Redis wrote)"
	}
	return fmt.Errorf("data directory %q holds %q, which is no file of this store: choose an empty directory, or move it away%s", dir, name, hint)
}

func isOurs(name, suffix string) bool {
	base, found := strings.CutSuffix(name, suffix)
	_, _, ok := parseName(base)
	return found && ok
}

func journalPath(dir string, generation uint64) string {
	return filepath.Join(dir, fileName(journalPrefix, generation))
}

func snapshotPath(dir string, generation uint64) string {
	return filepath.Join(dir, fileName(snapshotPrefix, generation))
}

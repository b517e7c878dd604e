package command

import (
	"fmt"
	"maps"
	"strings"
)

// renaming is a rename-command of the configuration.
type renaming struct {
	where    string // in the file, for errors, or the option
	from, to string // to is empty if the command is to be gone
}

// renamed returns the table by which requests of clients and scripts find their commands. Handlers, the stream of a master, the rules of users and
// what ASO.DRYRUN and ASO.EXPLAIN run call them by the names they have in t.
func (t table) renamed(list []renaming) (table, error) {
	if len(list) == 0 {
		return t, nil
	}
	names := maps.Clone(t)
	for _, r := range list {
		if err := names.rename(strings.ToLower(r.from), strings.ToLower(r.to)); err != nil {
			return nil, fmt.Errorf("%s: cannot rename %s to %q: %w", r.where, r.from, r.to, err)
		}
	}
	return names, nil
}

func (t table) rename(from, to string) error {
	cmd := t[from]
	switch {
	case cmd == nil:
		return fmt.Errorf("there is no command %q", from)
	case to != "" && t[to] != nil:
		return fmt.Errorf("there is a command %q already", to)
	}
	delete(t, from)
	if to != "" {
		t[to] = cmd
	}
	return nil
}

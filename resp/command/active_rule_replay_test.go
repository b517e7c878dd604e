package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"comet/aso"
)

// versionsOf loads versions of a handler and remembers them.
func (e *engine) versionsOf(name string, bodies ...string) {
	e.t.Helper()
	for _, body := range bodies {
		reply := e.run("ASO.LOAD", "#!lua name="+name+"\n"+body)
		_, version, ok := strings.Cut(reply, "@")
		if !ok {
			e.t.Fatal(reply)
		}
		e.versions = append(e.versions, version)
	}
}

// randomRuleCommand returns a command that changes rules, aliases or code.
func randomRuleCommand(r *rand.Rand, versions []string) string {
	v, n := versions[r.IntN(len(versions))], r.IntN(3)
	lines := []string{
		"ASO.RULE SET r%d s* h1", "ASO.RULE SET r%d ?1 h1@latest ORDER -1", "ASO.RULE SET r%d * h2 TYPE hash EVENTS put update timer", "ASO.RULE SET r%d l* h2 MODE observe",
		"ASO.RULE SET r%d [hz]* h1@live", "ASO.RULE DEL r%d", "ASO.RULE DEL r%d", "ASO.ATTACH s%d h1@live", "ASO.ATTACH z%d h1@latest", "ASO.ATTACH m%d h1@" + v + " MODE observe",
		"ASO.ALIAS SET h1 live " + v, "ASO.ALIAS SET h1 live " + v + " CANARY 50", "ASO.ALIAS SET h1 latest " + v, "ASO.ALIAS h1 other%d " + v, "ASO.ALIAS DEL h1 live", "ASO.ALIAS DEL h1 latest",
		"ASO.ALIAS DEL h1 other%d", "ASO.ROLLBACK h1", "ASO.ROLLBACK h1 live", "ASO.DROP h1@" + v, "ASO.DROP h2", "ASO.DETACH z%d",
	}
	line := lines[r.IntN(len(lines))]
	if strings.Contains(line, "%d") {
		line = fmt.Sprintf(line, n)
	}
	return line
}

// usersOf tells who uses the versions of a keyspace, as it counts them.
func usersOf(ks *aso.Keyspace) string {
	var text strings.Builder
	users := ks.UsersOf(ks.Codes())
	for _, c := range ks.Codes() {
		fmt.Fprintln(&text, c.Name(), users[c.ID].Objects)
	}
	return text.String()
}

// countUsers is usersOf, counted anew: the versions that the sections of all objects name.
func countUsers(e *engine) string {
	var text strings.Builder
	objects := e.image()
	delete(objects, "\x80\x80")
	for _, c := range e.ks.Codes() {
		n := 0
		for _, chunk := range objects {
			n += strings.Count(chunk, string(c.ID[:]))
		}
		fmt.Fprintln(&text, c.Name(), n)
	}
	return text.String()
}

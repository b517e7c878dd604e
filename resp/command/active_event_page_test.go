package command_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

const eventsPage = "../../docs/events.md"

const eventsHead = `# Events of commands

Which handlers run for which command. This page is made of the table that the tests run: each row is done on a store where the keys a, b and c have all handlers,
and the events are those that came, in their order. A command that is missing here fails the tests.

Where the key is not there, or is of another type, a command that shows nothing fires nothing. A command that changes nothing fires no onPut and no onUpdate. [handlers.md](handlers.md#events) says what
a handler may answer.
`

// TestCommandsPageOfEvents compares docs/events.md with the table of events.
func TestCommandsPageOfEvents(t *testing.T) {
	page := eventsMarkdown()
	if flag.Lookup("write-docs").Value.String() == "true" {
		if err := os.WriteFile(eventsPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(eventsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != page {
		t.Errorf("%s is out of date: go test ./resp/command -run TestCommandsPage -write-docs", eventsPage)
	}
}

func eventsMarkdown() string {
	var b strings.Builder
	b.WriteString(eventsHead)
	for _, section := range eventCases {
		fmt.Fprintf(&b, "\n## %s\n\n| before | command | events |\n|---|---|---|\n", section.title)
		for _, c := range section.rows {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", code(c.setup), code(c.lines), handlersOf(c.want))
		}
	}
	return b.String()
}

// code returns commands as Markdown shows them.
func code(lines string) string {
	if lines == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(lines, "|", "\\|") + "`"
}

// handlersOf names the handlers of events: "a get,b put" is a: onGet, b: onPut.
func handlersOf(events string) string {
	var all []string
	for event := range strings.FieldsFuncSeq(events, func(r rune) bool { return r == ',' }) {
		key, name, _ := strings.Cut(event, " ")
		all = append(all, key+": on"+strings.ToUpper(name[:1])+name[1:])
	}
	return strings.Join(all, ", ")
}

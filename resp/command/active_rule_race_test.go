package command_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"comet/aso"
	"comet/aso/value"
	"comet/resp/command"
	"comet/resp/wire"
)

// TestRulesChangeWhileCommandsRun changes rules and aliases while other clients use the keys that they are for. Each command sees the rules of
// before or after a change, as a whole.
func TestRulesChangeWhileCommandsRun(t *testing.T) {
	ks := aso.New(aso.Options{Limits: value.DefaultLimits()})
	config, err := command.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	server, err := command.NewServer(ks, command.Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	client := func() func(line string) string {
		reply := &wire.Reply{}
		ses := server.NewSession(&testConn{}, reply)
		return func(line string) string {
			words := strings.Fields(line)
			if rest, ok := strings.CutPrefix(line, "ASO.LOAD "); ok {
				words = []string{"ASO.LOAD", rest}
			}
			server.Batch(ses, [][][]byte{bytesOf(words...)})
			defer reply.Reset()
			return strings.ReplaceAll(string(reply.Bytes()), "\r\n", "|")
		}
	}
	admin := client()
	const source = "#!lua name=h\nfunction onGet(self, ev) self.state.n = (self.state.n or 0) + 1 return '%s' end"
	var wg sync.WaitGroup
	for n := range 3 {
		wg.Go(func() {
			do := client()
			for i := range 400 {
				key := fmt.Sprint("u:", (n*7+i)%20)
				do("SET " + key + " v")
				switch got := do("GET " + key); got {
				case "$1|v|", "$3|one|", "$3|two|", "$-1|": // another client may have deleted it
				default:
					t.Errorf("GET: %s", got)
				}
				if i%10 == 0 {
					do("ASO.ATTACH " + key + " h@live")
				}
				if i%13 == 0 {
					do("DEL " + key)
				}
			}
		})
	}
	for i := range 200 {
		loaded := admin("ASO.LOAD " + fmt.Sprintf(source, []string{"one", "two"}[i%2]))
		_, version, _ := strings.Cut(strings.TrimSuffix(loaded, "|"), "@")
		admin("ASO.ALIAS SET h live " + version)
		admin("ASO.RULE SET r u:* h@live")
		admin("ASO.ALIAS SET h live " + version + " CANARY 30")
		admin("ASO.RULE MATCH u:1")
		if got := admin("ASO.DROP h@" + version); got != ":1|" && !strings.HasPrefix(got, "-ASOINUSE") {
			t.Errorf("DROP: %s", got)
		}
		admin("ASO.RULE DEL r")
	}
	wg.Wait()
	if got := admin("FLUSHALL"); got != "+OK|" {
		t.Error(got)
	}
	for _, c := range ks.Codes() {
		if n := ks.UsersOf(ks.Codes())[c.ID].Objects; n != 0 {
			t.Errorf("%s has %d objects", c.Name(), n)
		}
	}
}

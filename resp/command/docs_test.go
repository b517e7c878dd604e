package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"comet/resp/command/oracletest"
)

const docsFile = "docs/commands.json"

// TestCommandDocs compares what COMMAND and COMMAND DOCS say of every command
// that the server has with docs/commands.json, which holds all of Redis'.
func TestCommandDocs(t *testing.T) {
	got, err := oracletest.Commands(serverAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	if *record {
		text, err := oracletest.MarshalCommands(got)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(docsFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	redis := redisCommands(t)
	for _, c := range got {
		compareCommand(t, redis, c)
	}
}

// redisCommands reads docs/commands.json.
func redisCommands(t *testing.T) map[string]oracletest.Command {
	t.Helper()
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	var list []oracletest.Command
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	byName := map[string]oracletest.Command{}
	for _, c := range list {
		byName[c.Name] = c
	}
	return byName
}

// compareCommand checks one command. Commands that Redis does not have are ours
// alone; of a container we may have fewer subcommands.
func compareCommand(t *testing.T, redis map[string]oracletest.Command, got oracletest.Command) {
	want, ok := redis[got.Name]
	if !ok {
		return
	}
	wantSub := map[string]oracletest.Command{}
	for _, sub := range want.Subcommands {
		wantSub[sub.Name] = sub
	}
	for _, sub := range got.Subcommands {
		compareCommand(t, wantSub, sub)
	}
	got.Subcommands, want.Subcommands = nil, nil
	a, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("%s\n got %s\nwant %s", got.Name, a, b)
	}
}

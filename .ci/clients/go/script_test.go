package clients

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// addr returns the address of the server under test.
func addr(t *testing.T) string {
	t.Helper()
	a := os.Getenv("CLIENTS_ADDR")
	if a == "" {
		t.Fatal("CLIENTS_ADDR is not set: run .ci/clients/run, or name a server whose data may be deleted")
	}
	return a
}

// active reports whether the server has active objects; a plain Redis has not.
func active() bool { return os.Getenv("CLIENTS_ACTIVE") == "1" }

// script is ../script.json.
type script struct {
	Steps []struct {
		Do   []string `json:"do"`
		Want any      `json:"want"`
	} `json:"steps"`
}

// sender sends one command as it stands. A null reply is nil without an error.
type sender func(args []string) (any, error)

// runScript runs ../script.json through send, which keeps to one connection.
func runScript(t *testing.T, send sender) {
	t.Helper()
	text, err := os.ReadFile("../script.json")
	if err != nil {
		t.Fatal(err)
	}
	var s script
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if _, err := send([]string{"FLUSHALL"}); err != nil {
		t.Fatal(err)
	}
	for _, step := range s.Steps {
		got, err := send(step.Do)
		if err := compare(step.Want, got, err); err != nil {
			t.Errorf("%s: %v", strings.Join(step.Do, " "), err)
		}
	}
}

// compare returns why got or gotErr is not what the script wants.
func compare(want, got any, gotErr error) error {
	special, _ := want.(map[string]any)
	if prefix, ok := special["error"].(string); ok {
		short := strings.TrimPrefix(prefix, "ERR ") // rueidis shows errors without it
		if gotErr == nil || !strings.HasPrefix(gotErr.Error(), prefix) && !strings.HasPrefix(gotErr.Error(), short) {
			return fmt.Errorf("got %v, %v, want an error %q", got, gotErr, prefix)
		}
		return nil
	}
	if gotErr != nil {
		return gotErr
	}
	if _, ok := special["any"]; ok {
		return nil
	}
	have := flatten(got)
	switch {
	case special["set"] != nil:
		want, have = sorted(special["set"]), sorted(have)
	case special["pairs"] != nil:
		want, have = special["pairs"], unnest(have)
	}
	if !same(want, have) {
		return fmt.Errorf("got %#v, want %#v", have, want)
	}
	return nil
}

// flatten returns v with maps as arrays of keys and values, and bytes as strings.
func flatten(v any) any {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = flatten(v[i])
		}
		return out
	case map[any]any:
		return pairs(v)
	case map[string]any:
		return pairs(v)
	case error:
		return errors.New(v.Error())
	}
	return v
}

// pairs returns the keys of m in order, each followed by its value.
func pairs[K comparable](m map[K]any) any {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	out := []any{}
	for _, k := range keys {
		out = append(out, fmt.Sprint(k), flatten(m[k]))
	}
	return out
}

func sorted(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return list
}

// unnest removes one level of arrays: RESP3 replies with pairs where RESP2 has a flat array.
func unnest(v any) any {
	list, _ := v.([]any)
	var out []any
	for _, e := range list {
		if pair, ok := e.([]any); ok {
			out = append(out, pair...)
		} else {
			out = append(out, e)
		}
	}
	return out
}

// same reports whether have equals want; a number may come as a string, as in RESP2.
func same(want, have any) bool {
	switch w := want.(type) {
	case nil:
		return have == nil
	case float64:
		f, err := strconv.ParseFloat(fmt.Sprint(have), 64)
		return err == nil && f == w
	case string:
		return fmt.Sprint(have) == w
	case []any:
		h, ok := have.([]any)
		return ok && slices.EqualFunc(w, h, same)
	}
	return false
}

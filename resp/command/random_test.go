package command_test

import (
	"bytes"
	"fmt"
	"testing"

	"comet/resp/command"
)

// TestRandomMembersAreDistinct asks packed and large collections for few, half and most of their members.
func TestRandomMembersAreDistinct(t *testing.T) {
	for _, n := range []int{10, 1000} {
		ses, s := benchSession(t)
		for i := range n {
			ask(s, ses, "SADD", "set", fmt.Sprint("m", i))
			ask(s, ses, "HSET", "hash", fmt.Sprint("m", i), "")
		}
		left := n
		for _, count := range []int{1, n / 10, n / 2, n - 1} {
			checkDistinct(t, ask(s, ses, "HRANDFIELD", "hash", fmt.Sprint(count)), count)
			checkDistinct(t, ask(s, ses, "SRANDMEMBER", "set", fmt.Sprint(count)), min(count, left))
			popped := ask(s, ses, "SPOP", "set", fmt.Sprint(count))
			checkDistinct(t, popped, min(count, left))
			left -= len(popped)
			for _, m := range popped {
				if got := ask(s, ses, "SISMEMBER", "set", string(m)); string(got[0]) != ":0" {
					t.Errorf("%s is still there", m)
				}
			}
		}
	}
}

// ask runs a command and returns the lines of its reply that are no headers, or the only line.
func ask(s *command.Server, ses *command.Session, words ...string) (lines [][]byte) {
	s.Batch(ses, [][][]byte{bytesOf(words...)})
	defer ses.Reply.Reset()
	all := bytes.Split(bytes.Clone(bytes.TrimSuffix(ses.Reply.Bytes(), []byte("\r\n"))), []byte("\r\n"))
	if len(all) == 1 && all[0][0] != '*' {
		return all
	}
	for _, line := range all {
		if len(line) > 0 && line[0] == 'm' {
			lines = append(lines, line)
		}
	}
	return lines
}

func checkDistinct(t *testing.T, members [][]byte, want int) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range members {
		seen[string(m)] = true
	}
	if len(members) != want || len(seen) != want {
		t.Errorf("%d members, %d distinct, want %d", len(members), len(seen), want)
	}
}

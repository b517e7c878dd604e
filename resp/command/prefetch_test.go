package command_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestCommandsWithSeveralKeysFindEach names keys twice, keys without a name and more keys than are looked up together, in one pipeline.
func TestCommandsWithSeveralKeysFindEach(t *testing.T) {
	for _, n := range []int{1, 2, 63, 64, 65, 256, 257, 1000} {
		e := newEngine(t)
		mset, mget, reads := []string{"MSET"}, []string{"MGET"}, []string{fmt.Sprintf("*%d", n)}
		for i := range n {
			name, v := fmt.Sprint("k", i%(n/2+1)), fmt.Sprint(i)
			if i == n/3 {
				name = ""
			}
			mset, mget = append(mset, name, v), append(mget, name)
		}
		last := map[string]string{}
		for i := 1; i < len(mset); i += 2 {
			last[mset[i]] = mset[i+1]
		}
		for _, name := range mget[1:] {
			reads = append(reads, fmt.Sprintf("$%d", len(last[name])), last[name])
		}
		read := strings.Join(reads, "|")
		exists := append([]string{"EXISTS"}, mget[1:]...)
		unlink := append([]string{"UNLINK"}, mget[1:]...)
		batch := [][][]byte{bytesOf(mset...), bytesOf(mget...), bytesOf(exists...), bytesOf("MULTI"), bytesOf(mget...), bytesOf("EXEC"), bytesOf(unlink...), bytesOf(exists...)}
		for len(batch) > 0 {
			batch = batch[e.server.Batch(e.ses, batch):]
		}
		got := strings.TrimSuffix(strings.ReplaceAll(string(e.reply.Bytes()), "\r\n", "|"), "|")
		want := fmt.Sprintf("+OK|%s|:%d|+OK|+QUEUED|*1|%s|:%d|:0", read, n, read, len(last))
		if got != want {
			t.Errorf("%d keys:\n got %.300s\nwant %.300s", n, got, want)
		}
		e.reply.Reset()
		if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
			t.Errorf("%d keys: replayed: %s", n, d)
		}
	}
}

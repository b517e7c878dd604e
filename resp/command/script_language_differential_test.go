package command_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"comet/aso/randtest"
	"comet/resp/command/oracletest"
)

// TestRandomLuaAnswersAsRedis sends scripts with all kinds of Lua, right and wrong, to a real redis-server and to ours.
func TestRandomLuaAnswersAsRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	w := languageWriter{rand.New(rand.NewPCG(randtest.Seed(t), 0))}
	theirs, ours := dialLanguage(t, startRedis(t)), dialLanguage(t, startServer(t))
	const few, most = 400, 20
	scripts, found := 0, 0
	for until := time.Now().Add(*differFor); (scripts < few || time.Now().Before(until)) && found < most; scripts++ {
		if scripts%2000 == 0 { // a real server forgets no script
			theirs.call(t, "SCRIPT", "FLUSH")
			ours.call(t, "SCRIPT", "FLUSH")
		}
		source, pieces := w.script()
		words := []string{"EVAL", source, "1", "key", "argument"}
		proto := fmt.Sprint(2 + scripts/100%2)
		if scripts%100 == 0 {
			theirs.call(t, "HELLO", proto)
			ours.call(t, "HELLO", proto)
		}
		want, got := theirs.call(t, words...), ours.call(t, words...)
		for _, d := range languageDifferences(pieces, want, got) {
			found++
			t.Errorf("script %d, RESP%s:\n%s", scripts, proto, d)
		}
	}
	t.Logf("%d scripts", scripts)
}

// script returns a script and its pieces: each gives one item of the reply, or the only one the reply.
func (w languageWriter) script() (source string, pieces []string) {
	if w.IntN(3) > 0 {
		var s strings.Builder
		s.WriteString(languagePrelude)
		for range 8 {
			piece := w.program(2)
			pieces = append(pieces, piece)
			s.WriteString("P(pcall(function(...) " + piece + " end, 'one', 2))\n")
		}
		return s.String() + "return out", pieces
	}
	piece := strings.ReplaceAll(w.place(), "%s", w.pick("", "\n"))
	if w.IntN(3) > 0 || strings.Contains(piece, "{1}") { // a real server crashes of an error that is a table without err
		piece = w.pick("", "redis.setresp(3) ", "redis.setresp(2) ") + "local r = {pcall(function(...) " + w.program(2) + " end)} return " + w.pick("r", "r[2]", "r[1]", "{r[2], r[3], r}", "{ok = r[2]}", "{err = r[2]}", "{double = r[2]}", "{map = {a = r[2]}}", "{set = {r1 = r[2]}}", "{big_number = '12'}", "{verbatim_string = {format = 'txt', string = 'x'}}", "unpack(r)")
	}
	return languagePrelude + piece, []string{piece}
}

// languageNoise is what differs by chance, or is documented to: addresses, and which NaN it is.
var languageNoise = regexp.MustCompile(`0x[0-9a-f]{8,}|-?nan`)

// languageDifferences returns the pieces of a script with different outcomes.
func languageDifferences(pieces []string, want, got oracletest.Frame) (out []string) {
	if want.String() == got.String() {
		return nil
	}
	one := func(piece string, want, got oracletest.Frame) {
		a, b := languageNoise.ReplaceAllString(want.String(), ""), languageNoise.ReplaceAllString(got.String(), "")
		if a != b {
			out = append(out, fmt.Sprintf("%s\n  want %s\n  got  %s", piece, a, b))
		}
	}
	if len(pieces) == len(want.Items) && len(want.Items) == len(got.Items) && len(pieces) > 1 {
		for i, piece := range pieces {
			one(piece, want.Items[i], got.Items[i])
		}
	} else {
		one(strings.Join(pieces, "\n"), want, got)
	}
	return out
}

type languageConn struct {
	net.Conn
	*bufio.Reader
}

// dialLanguage connects to a server and gives it keys of all types.
func dialLanguage(t *testing.T, addr string) *languageConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	k := &languageConn{c, bufio.NewReader(c)}
	for _, line := range []string{
		"SET key value", "RPUSH list a b c b", "HSET hash f 1 g two", "SADD set 1 2 3", "ZADD zset 1.5 a 2 b 3e100 c", "XADD stream 1-1 f v", "GEOADD geo 13.361389 38.115556 p",
	} {
		k.call(t, strings.Fields(line)...)
	}
	return k
}

func (c *languageConn) call(t *testing.T, words ...string) oracletest.Frame {
	t.Helper()
	var s strings.Builder
	fmt.Fprintf(&s, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&s, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := c.Write([]byte(s.String())); err != nil {
		t.Fatal(err)
	}
	f, err := oracletest.ReadFrame(c.Reader)
	if err != nil {
		t.Fatalf("%v after\n%s", err, words)
	}
	return f
}

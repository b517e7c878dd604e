package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"comet/aso/rdb"
)

// logged is commands as a log has them.
func logged(commands ...string) string {
	var b strings.Builder
	for _, c := range commands {
		words := strings.Fields(c)
		fmt.Fprintf(&b, "*%d\r\n", len(words))
		for _, w := range words {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
		}
	}
	return b.String()
}

// read returns the commands of a file, each with its offset, and what ended it.
func read(file []byte) (commands []string, err error) {
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	for r.Base != nil {
		k, err := r.Base.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		commands = append(commands, fmt.Sprintf("key %s", k.Name))
	}
	for {
		c, err := r.Next()
		if err != nil {
			return commands, err
		}
		commands = append(commands, fmt.Sprintf("%d %s", c.Offset, bytes.Join(c.Args, []byte(" "))))
	}
}

func dump(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	w := rdb.NewWriter(&b, [2]string{"redis-ver", "7.0.15"}, [2]string{"aof-base", "1"})
	if err := w.Key(0, []byte("k"), 0, new(rdb.Encoder).Payload(func(e *rdb.Encoder) { e.String([]byte("v")) })); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCommandsComeWithTheirPlaces(t *testing.T) {
	base := dump(t)
	for _, c := range []struct{ name, file, commands, err string }{
		{"nothing", "", "", "EOF"},
		{"two", logged("SET a 1", "DEL a"), "0 SET a 1, 27 DEL a", "EOF"},
		{"time stamps", "#TS:1\r\n" + logged("PING") + "#TS:2\r\n", "7 PING", "EOF"},
		{"a transaction", logged("MULTI", "SET a 1", "SET b 2", "EXEC", "PING"), "15 SET a 1, 42 SET b 2, 83 PING", "EOF"},
		{"a discarded one", logged("MULTI", "SET a 1", "DISCARD", "PING"), "59 PING", "EOF"},
		{"behind an RDB part", base + logged("SET a 1"), fmt.Sprintf("key k, %d SET a 1", len(base)), "EOF"},
		{"only an RDB part", base, "key k", "EOF"},
		{"cut in a command", logged("SET a 1", "SET b 2")[:40], "0 SET a 1", "byte 27: the last 13 bytes are part of a command that does not end"},
		{"cut in a transaction", logged("MULTI", "SET a 1"), "", "byte 0: the last 42 bytes are part of a transaction that does not end"},
		{"cut in a time stamp", "#TS:1", "", "byte 0: the last 5 bytes are part of a command that does not end"},
		{"no command", logged("PING") + "PING\r\n", "0 PING", `byte 14: 'P' where '*' must stand`},
		{"no length", "*1\r\n+PING\r\n", "", `byte 4: '+' where '$' must stand`},
		{"no number", "*x\r\n", "", "byte 0: not a number"},
		{"no name", "*0\r\n", "", "byte 0: a command without a name"},
		{"a negative length", "*1\r\n$-1\r\n", "", "byte 4: not a number"},
		{"a wrong length", "*1\r\n$3\r\nPING\r\n", "", "byte 11: an argument that does not end where its length says"},
		{"a huge length", "*1\r\n$4294967295\r\nPING\r\n", "", "byte 0: the last 23 bytes are part of a command that does not end"},
		{"nested", logged("MULTI", "MULTI"), "", "byte 15: MULTI inside a transaction"},
		{"a damaged RDB part", base[:len(base)-1] + "x", "", fmt.Sprintf("byte %d: wrong checksum: the file is damaged", len(base)-8)},
	} {
		commands, err := read([]byte(c.file))
		if got := strings.Join(commands, ", "); got != c.commands || err.Error() != c.err {
			t.Errorf("%s: %s; %v\nwant %s; %s", c.name, got, err, c.commands, c.err)
		}
	}
}

func TestARDBPartSaysWhetherCommandsFollow(t *testing.T) {
	for file, want := range map[string]bool{dump(t): true, strings.Replace(dump(t), "aof-base", "ctime...", 1): false} {
		f, err := rdb.NewFile(strings.NewReader(file))
		if err != nil || f.Preamble != want {
			t.Errorf("%v, %v; want %v", f.Preamble, err, want)
		}
	}
}

func TestManifestsTellTheOrderOfFiles(t *testing.T) {
	const base, one, two = "file a.1.base.rdb seq 1 type b\n", "file a.1.incr.aof seq 1 type i\n", "file \"a 2\\x21\" seq 2 type i\n"
	for text, want := range map[string]string{
		base + one + two: "a.1.base.rdb|a.1.incr.aof|a 2!",
		one + base:       "a.1.base.rdb|a.1.incr.aof",
		"# c\n" + "file h.aof seq 1 type h\n" + two: "a 2!",
		base + base:                "byte 31: a second base",
		two + one:                  "byte 28: increments that are not in the order of their numbers",
		"file ../x seq 1 type i\n": "byte 0: a file that is not in the folder of the manifest",
		"file x seq 1 type z\n":    "byte 0: an unknown type of file",
		"file x type i more 1\n":   "byte 0: a file without a number",
		"file x seq\n":             "byte 0: not a line of a manifest",
		"\n":                       "byte 0: not a line of a manifest",
		"file \"x seq 1 type i\n":  "byte 0: not a line of a manifest",
		"file x seq -1 type i\n":   "byte 0: a number of a file that is none",
		"":                         "byte 0: a manifest that lists no file",
	} {
		files, err := parseManifest(text)
		got := strings.Join(files, "|")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// FuzzReader reads what nobody has written: it ends, makes no more than there is, and a log that is whole is read the same when it is written again.
func FuzzReader(f *testing.F) {
	f.Add([]byte(logged("SET a 1", "MULTI", "DEL a", "EXEC")))
	f.Add([]byte(dump(f) + logged("SELECT 1")))
	f.Add([]byte("#TS:1\r\n*1\r\n$4294967295\r\nx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		if err != nil || r.Base != nil {
			_, _ = read(b)
			return
		}
		var again bytes.Buffer
		size, last := 0, int64(-1)
		for {
			c, err := r.Next()
			if err != nil {
				break
			}
			if c.Offset <= last {
				t.Fatalf("a command at byte %d behind one at %d", c.Offset, last)
			}
			last = c.Offset
			fmt.Fprintf(&again, "*%d\r\n", len(c.Args))
			for _, arg := range c.Args {
				size += len(arg)
				fmt.Fprintf(&again, "$%d\r\n%s\r\n", len(arg), arg)
			}
		}
		if size > len(b) {
			t.Fatalf("%d bytes made %d", len(b), size)
		}
		first, _ := read(b)
		if second, err := read(again.Bytes()); !errors.Is(err, io.EOF) || len(second) != len(first) {
			t.Fatalf("%q became %q, %v", first, second, err)
		}
	})
}

// FuzzManifest reads any manifest.
func FuzzManifest(f *testing.F) {
	f.Add("file a.1.base.rdb seq 1 type b\nfile \"a\\x20b\" seq 1 type i\n")
	f.Fuzz(func(t *testing.T, text string) {
		files, err := parseManifest(text)
		for _, name := range files {
			if strings.Contains(name, "/") {
				t.Fatalf("%q, %v", name, err)
			}
		}
	})
}

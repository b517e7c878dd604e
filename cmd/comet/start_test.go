package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// failToStart runs comet, which has to fail, and returns the one line that it prints.
func failToStart(t *testing.T, args ...string) string {
	t.Helper()
	cmd := cometCommand(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("comet %q ended with %v", args, err)
	}
	line, rest, _ := strings.Cut(stderr.String(), "\n")
	if stdout.Len() > 0 || rest != "" {
		t.Errorf("comet %q printed more than a line:\n%s%s", args, &stdout, &stderr)
	}
	return line
}

func writeFile(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWrongStartIsOneLineThatSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	conf := writeFile(t, filepath.Join(dir, "comet.conf"), "# mine\n\nport 0\nmaxmemory lots\n")
	inner := writeFile(t, filepath.Join(dir, "inner.conf"), "save 60\n")
	outer := writeFile(t, filepath.Join(dir, "outer.conf"), "include "+inner+"\n")
	file := writeFile(t, filepath.Join(dir, "file"), "")
	foreign := t.TempDir()
	writeFile(t, filepath.Join(foreign, "dump.rdb"), "REDIS0010")
	running := startComet(t, "--dir", filepath.Join(dir, "used"))

	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--comet-metrics-address", taken.Addr().String()}, `comet-metrics-address 127.0.0.1:\d+: .*address already in use`},
		{[]string{"--comet-metrics-address", "nowhere"}, `comet-metrics-address nowhere: .*missing port in address`},
		{[]string{"--bogus", "1"}, `--bogus 1: unknown parameter "bogus": comet --help lists them`},
		{[]string{"--replicaof", "host"}, `--replicaof host: replicaof: wrong number of arguments`},
		{[]string{"--replicaof", "host", "70000"}, `--replicaof host 70000: replicaof: Invalid master port`},
		{[]string{"--activedefrag", "yes"}, `activedefrag: not implemented by Comet: only 'no' is accepted; objects lie in an arena`},
		{[]string{"--loadmodule", "/x.so"}, `loadmodule is not implemented by Comet: remove it; there are no modules`},
		{[]string{"--maxmemory-policy", "allkeys"}, `allkeys-lru, allkeys-lfu, allkeys-random, noeviction`},
		{[]string{"-p", "7000"}, `argument "-p": a parameter begins with --, see comet --help`},
		{[]string{"--port"}, `--port: port needs a value`},
		{[]string{"--port", "1", "2"}, `--port 1 2: port takes one value, not 2`},
		{[]string{"--port", "abc"}, `--port abc: port: argument couldn't be parsed into an integer`},
		{[]string{"--port", "70000"}, `port: argument must be between 0 and 65535 inclusive`},
		{[]string{"--maxmemory", "1.5gb"}, `maxmemory: argument must be a memory value`},
		{[]string{"--appendfsync", "maybe"}, `appendfsync: argument\(s\) must be one of the following: everysec, always, no`},
		{[]string{"--save", "60"}, `save: Invalid save parameters`},
		{[]string{"--port", "0", "stray", "--dir", "x"}, `--port 0 stray: port takes one value`},
		{[]string{"--port", "0", "--appendonly", "no"}, `nothing to listen on: set port, tls-port or unixsocket`},
		{[]string{"--tls-port", "7000"}, `tls-port needs tls-cert-file and tls-key-file`},
		{[]string{"chekc"}, `there is neither a command nor a file "chekc": see comet --help`},
		{[]string{"no.conf"}, `configuration file: open .*no.conf: no such file or directory`},
		{[]string{conf}, `comet.conf:4: maxmemory: argument must be a memory value`},
		{[]string{outer}, `outer.conf:1: .*inner.conf:1: save: Invalid save parameters`},
		{
			[]string{"--dir", filepath.Join(dir, "d"), "--bind", "127.0.0.1", "--port", port},
			`address already in use \(another server is there: end it, or choose another --port\)`,
		},
		{[]string{"--dir", filepath.Join(file, "d")}, `not a directory \(--dir chooses another one\)`},
		{[]string{"--dir", foreign}, `holds "dump.rdb", which is no file of this store: choose an empty directory`},
		{[]string{"--dir", filepath.Join(dir, "used")}, `is in use by process [0-9]+ \(--dir chooses another one\)`},
	} {
		line := failToStart(t, tt.args...)
		if !regexp.MustCompile(`^comet: .*` + tt.want).MatchString(line) {
			t.Errorf("comet %q says %q, want %q", tt.args, line, tt.want)
		}
	}
	running.connect().want("PONG", "PING")
	running.terminate()
}

func TestDamagedJournalIsRefusedAndRepairedOnRequest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir)
	c := p.connect()
	c.want("OK", "SET", "first", "1")
	for range 20 {
		c.want("OK", "SET", "second", strings.Repeat("x", 100))
	}
	p.kill()
	path := filepath.Join(dir, "journal-0000000001.db")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	writeFile(t, path, string(content))

	line := failToStart(t, "--dir", dir)
	if !regexp.MustCompile(`^comet: load journal: ".*" is damaged at offset [0-9]+: .*\(the repair option is --comet-repair yes\)`).MatchString(line) {
		t.Errorf("comet says %q", line)
	}
	p = startComet(t, "--dir", dir, "--comet-repair", "yes")
	p.connect().want("1", "GET", "first")
	p.terminate()
}

func TestMaxclientsStaysBelowTheLimitOfOpenFiles(t *testing.T) {
	p := newProcess(t, []string{"--appendonly", "no", "--loglevel", "warning"})
	p.limit("-n", 100)
	p.start()
	c := p.connect()
	c.want("[maxclients 68]", "CONFIG", "GET", "maxclients")
	c.want("ERR CONFIG SET failed (possibly related to argument 'maxclients') - "+
		"The operating system is not able to handle the specified number of clients, try with 68", "CONFIG", "SET", "maxclients", "69")
	c.want("OK", "CONFIG", "SET", "maxclients", "50")
	p.terminate() // nothing is written to its log after that
	if want := `msg="maxclients lowered to what the limit of open files allows" maxclients=68 files=100`; !strings.Contains(p.stderr.String(), want) {
		t.Errorf("log is %q", &p.stderr)
	}
}

func TestARotatedLogIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	p := startComet(t, "--dir", filepath.Join(dir, "data"), "--logfile", path, "--save", "3600 1")
	c := p.connect()
	c.want("OK", "SAVE")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	c.want("OK", "SAVE")
	p.terminate()
	for _, name := range []string{path, path + ".1"} {
		if content, err := os.ReadFile(name); err != nil || !strings.Contains(string(content), "snapshot made") {
			t.Errorf("%s: %q, %v", name, content, err)
		}
	}
}

func TestVersionAndHelp(t *testing.T) {
	for arg, want := range map[string]string{"--version": `^comet [0-9]+\.[0-9]+\.[0-9]+\n$`, "--help": `(?s)^comet is .*--maxmemory  +0\n`} {
		out, err := cometCommand(t, arg).Output()
		if err != nil || !regexp.MustCompile(want).Match(out) {
			t.Errorf("comet %s: %v, %s", arg, err, out)
		}
	}
}

func TestCommandLineOverrulesFile(t *testing.T) {
	conf := writeFile(t, filepath.Join(t.TempDir(), "comet.conf"),
		"timeout 5 # seconds\nmaxmemory 1gb\nsave 10 1\nsave 20 2\nslowlog-max-len 7\n")
	failToStart(t, conf) // a comment is none behind a value
	conf = writeFile(t, conf, "# all of it\n\ntimeout 5\nmaxmemory 1gb\nsave 10 1\n  SAVE 20 2\nslowlog-max-len 7\n")
	p := startComet(t, conf, "--timeout", "7", "--save", "30 3", "--dir", filepath.Join(t.TempDir(), "data"))
	c := p.connect()
	c.want("[maxmemory 1073741824 save 30 3 slowlog-max-len 7 timeout 7]", "CONFIG", "GET", "maxmemory", "save", "slowlog-max-len", "timeout")
	c.want("OK", "CONFIG", "SET", "timeout", "9", "requirepass", "a \"b\"")
	c.want("OK", "CONFIG", "REWRITE")
	p.terminate()
	written, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"# all of it", "timeout 9", "save 30 3", `requirepass "a \"b\""`, "# Generated by CONFIG REWRITE"} {
		if !strings.Contains(string(written), line+"\n") {
			t.Errorf("no line %q in the file:\n%s", line, written)
		}
	}
}

package main

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// startDaemon starts comet with arguments that let it go into the background, and waits until it serves. It ends with the test.
func startDaemon(t *testing.T, pidFile string, args ...string) (p *process, pid int) {
	t.Helper()
	p = newProcess(t, append(args, "--pidfile", pidFile))
	out, err := p.cmd.CombinedOutput() // ends when the terminal is left
	t.Cleanup(func() {
		if text, err := os.ReadFile(pidFile); err == nil {
			_ = syscall.Kill(mustAtoi(t, text), syscall.SIGKILL)
		}
	})
	if err != nil || !strings.Contains(string(out), " is ready: ") {
		t.Fatalf("%v, printed %s", err, out)
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	return p, mustAtoi(t, text)
}

func mustAtoi(t *testing.T, text []byte) int {
	n, err := strconv.Atoi(strings.TrimSuffix(string(text), "\n"))
	if err != nil || n < 2 {
		t.Fatalf("not the number of a process: %q", text)
	}
	return n
}

// TestStockConfigurationStartsTheServer starts with the file of Debian's redis-server, of which only places are changed.
func TestStockConfigurationStartsTheServer(t *testing.T) {
	stock, err := os.ReadFile("testdata/redis.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	conf := writeFile(t, filepath.Join(dir, "redis.conf"), string(stock))
	log := filepath.Join(dir, "log")
	pidFile := filepath.Join(dir, "pid")
	end := func(c *client, how ...string) {
		t.Helper()
		if reply, err := c.try(how...); err == nil {
			t.Fatal(reply)
		}
		eventually(t, "the end, which takes the pidfile away", func() bool { _, err := os.Stat(pidFile); return err != nil })
	}
	p, pid := startDaemon(t, pidFile, conf, "--dir", filepath.Join(dir, "data"), "--logfile", log)
	c := p.connect()
	if got := field(c.do("INFO", "server"), "process_id"); got != strconv.Itoa(pid) || pid == p.cmd.Process.Pid {
		t.Errorf("process %s, in the pidfile %d, started as %d", got, pid, p.cmd.Process.Pid)
	}
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("group %d of process %d, %v", group, pid, err)
	}
	c.want("[daemonize yes rdbcompression yes save 3600 1 300 100 60 10000]", "CONFIG", "GET", "daemonize", "rdbcompression", "save")
	c.want("OK", "SET", "k", "v")
	c.want("OK", "CONFIG", "REWRITE")
	end(c, "SHUTDOWN")
	if text, err := os.ReadFile(log); err != nil || strings.Count(string(text), "without an effect") != 1 || !strings.Contains(string(text), "rdbcompression") {
		t.Errorf("%v, the log is\n%s", err, text)
	}
	p, _ = startDaemon(t, pidFile, conf, "--dir", filepath.Join(dir, "data"), "--logfile", log)
	c = p.connect()
	c.want("v", "GET", "k")
	end(c, "SHUTDOWN", "NOSAVE")
}

func TestDaemonThatCannotStartSaysWhy(t *testing.T) {
	running := startComet(t, "--dir", filepath.Join(t.TempDir(), "data"))
	pidFile := writeFile(t, filepath.Join(t.TempDir(), "pid"), "not touched")
	dir := running.connect().do("CONFIG", "GET", "dir")
	dir = strings.TrimSuffix(strings.TrimPrefix(dir, "[dir "), "]")
	p := newProcess(t, []string{"--daemonize", "yes", "--pidfile", pidFile, "--dir", dir})
	out, err := p.cmd.CombinedOutput()
	if err == nil || p.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "is in use by process") {
		t.Errorf("%v, printed %s", err, out)
	}
	if text, err := os.ReadFile(pidFile); err != nil || string(text) != "not touched" {
		t.Errorf("pidfile %q, %v", text, err)
	}
}

func TestPidFileIsThereWhileTheServerIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	p := startComet(t, "--pidfile", path)
	text, err := os.ReadFile(path)
	if err != nil || mustAtoi(t, text) != p.cmd.Process.Pid {
		t.Errorf("%q, %v", text, err)
	}
	p.terminate()
	if _, err := os.Stat(path); err == nil {
		t.Error("the pidfile is still there")
	}
	p = startComet(t, "--pidfile", filepath.Join(path, "nowhere"))
	p.connect().want("PONG", "PING")
	p.terminate()
	if !strings.Contains(p.stderr.String(), "pidfile not written") {
		t.Errorf("logged %s", &p.stderr)
	}
}

func TestSystemdIsToldOfTheState(t *testing.T) {
	folder, err := os.MkdirTemp("", "comet") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	address := &net.UnixAddr{Name: filepath.Join(folder, "notify"), Net: "unixgram"}
	systemd, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	read := func() string {
		b := make([]byte, 1000)
		n, err := systemd.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	p := newProcess(t, []string{"--supervised", "auto", "--daemonize", "yes"})
	p.cmd.Env = append(p.cmd.Env, "NOTIFY_SOCKET="+address.Name)
	p.start()
	if got := read(); !strings.Contains(got, "\nREADY=1\n") {
		t.Errorf("told %q", got)
	}
	if got := field(p.connect().do("INFO", "server"), "process_supervised"); got != "systemd" {
		t.Errorf("process_supervised is %q", got)
	}
	p.terminate()
	if got := read(); got != "STOPPING=1\n" {
		t.Errorf("told %q", got)
	}
}

func TestOOMScoreIsThatOfTheRole(t *testing.T) {
	p := startComet(t)
	file := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "oom_score_adj")
	score := func() int {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Skip(err)
		}
		n, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	base := score()
	if base > 700 {
		t.Skip("the score is near its end already")
	}
	c := p.connect()
	wantScore := func(want int) {
		t.Helper()
		if got := score(); got != want {
			t.Errorf("score %d, want %d", got, want)
		}
	}
	c.want("OK", "CONFIG", "SET", "oom-score-adj-values", "100 200 300", "oom-score-adj", "relative")
	wantScore(base + 100)
	c.want("OK", "CONFIG", "SET", "oom-score-adj-values", "2000 200 300")
	wantScore(1000)
	c.want("OK", "REPLICAOF", "127.0.0.1", "1")
	eventually(t, "the score of a replica", func() bool { return score() == base+200 })
	c.want("OK", "CONFIG", "SET", "oom-score-adj", "absolute", "oom-score-adj-values", "0 900 0")
	wantScore(900)
	c.want("OK", "CONFIG", "SET", "oom-score-adj", "no")
	wantScore(base)
	refused := regexp.MustCompile(`^ERR CONFIG SET failed \(possibly related to argument '(oom-score-adj-values)'\) - (.*)$`)
	for values, want := range map[string]string{"1 2": "wrong number of arguments", "1 2 2001": "Invalid oom-score-adj-values, elements must be between -2000 and 2000."} {
		if m := refused.FindStringSubmatch(c.do("CONFIG", "SET", "oom-score-adj-values", values)); m == nil || m[2] != want {
			t.Errorf("%s: %q", values, m)
		}
	}
	p.terminate()
}

// TestWritesStopWhileSavesFail lets the data directory vanish.
func TestWritesStopWhileSavesFail(t *testing.T) {
	const refused = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--appendonly", "no", "--save", "3600", "1000000")
	c := p.connect()
	bgsave := func(status string) {
		t.Helper()
		c.want("Background saving started", "BGSAVE")
		eventually(t, "the end of BGSAVE", func() bool {
			info := c.do("INFO", "persistence")
			return field(info, "rdb_bgsave_in_progress") == "0" && field(info, "rdb_last_bgsave_status") == status
		})
	}
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	bgsave("err")
	for _, words := range [][]string{{"SET", "k", "v"}, {"PING"}, {"EVAL", "return redis.call('SET', 'k', 'v')", "1", "k"}} {
		if got := c.do(words...); !strings.HasPrefix(got, refused) {
			t.Errorf("%v: %s", words, got)
		}
	}
	c.want("nil", "GET", "k")
	c.want("OK", "CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
	c.want("OK", "SET", "k", "v")
	c.want("OK", "CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
	c.want("OK", "CONFIG", "SET", "save", "")
	c.want("OK", "SET", "k", "w")
	c.want("OK", "CONFIG", "SET", "save", "3600 1000000")
	if got := c.do("SET", "k", "v"); !strings.HasPrefix(got, refused) {
		t.Error(got)
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	bgsave("ok")
	c.want("OK", "SET", "k", "v")
	c.want("PONG", "PING")
	p.terminate()
}

package command_test

import (
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"comet/aso"
	"comet/aso/redistest"
	"comet/resp/command"
)

// renames are given to both servers; spoken is what a client then says, without what ACL and COMMAND INFO tell of commands that Comet has and Redis has not.
var (
	renames = []string{
		"--rename-command", "FLUSHDB", "", "--rename-command", "CONFIG", "cfg_secret", "--rename-command", "GET", "TAKE", "--rename-command", "SET", "",
		"--rename-command", "EVAL", "run", "--rename-command", "INCR", "get",
	}
	spoken = []string{
		"FLUSHDB", "CONFIG GET port", "cfg_secret GET maxmemory", "cfg_secret", "cfg_secret foo", "cfg_secret get", "TAKE", "take x", "get n", "GET n", "set x y", "incr n",
		"COMMAND INFO incr", "COMMAND INFO take", "COMMAND GETKEYS take x", "COMMAND GETKEYS set x y", "COMMAND DOCS set", "COMMAND LIST FILTERBY PATTERN get",
		"COMMAND LIST FILTERBY PATTERN take", "COMMAND LIST FILTERBY PATTERN flushdb",
		"ACL SETUSER u +take", "ACL SETUSER u +get", "ACL SETUSER u nopass on ~* &* +set +flushdb", "ACL DRYRUN u get x", "ACL DRYRUN u take x", "ACL DRYRUN u set x y",
		"MULTI;set x y;EXEC", "MULTI;take x;get n;EXEC", "run \"return redis.call('take',KEYS[1])\" 1 n", "run \"return redis.call('set',KEYS[1],1)\" 1 n",
		"run \"return redis.call('get',KEYS[1])\" 1 n", "run \"return redis.acl_check_cmd('take','x')\" 0", "EVAL \"return 1\" 0", "DEBUG nothing", "OBJECT nothing x",
	}
)

func TestRenamedCommandsAreThoseOfRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	theirs, ours := redistest.StartBinary(t, *binary, renames...).Addr, startServer(t, renames...)
	var conns [2]net.Conn
	for i, addr := range []string{theirs, ours} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		conns[i] = c
	}
	for _, line := range spoken {
		if want, got := talk(t, conns[0], line), talk(t, conns[1], line); want != got {
			t.Errorf("%s\n want %q\n got  %q", line, want, got)
		}
	}
}

func TestHandlersKnowCommandsByTheirOwnNames(t *testing.T) {
	r := newReplies(t, nil, renames...)
	source := "#!lua name=h\nfunction onMessage(self, ev) return self:call('SET', ev.message) end"
	r.s.Batch(r.ses, [][][]byte{{[]byte("ASO.LOAD"), []byte(source)}})
	r.Reset()
	r.want(":1", "ASO.ATTACH k h")
	r.want("+OK", "ASO.CALL k hello")
	r.want("$5\r\nhello", "TAKE k")
}

func TestRenamingsThatMakeNoSense(t *testing.T) {
	for words, want := range map[string]string{
		"NOPE x":        `--rename-command: cannot rename NOPE to "x": there is no command "nope"`,
		"GET SET":       `--rename-command: cannot rename GET to "SET": there is a command "set" already`,
		"config|get x":  `--rename-command: cannot rename config|get to "x": there is no command "config|get"`,
		"GET":           "--rename-command GET: rename-command needs two names, of which the second may be empty",
		"GET take more": "--rename-command GET take more: rename-command needs two names, of which the second may be empty",
	} {
		config, err := command.NewConfig()
		if err == nil {
			err = config.Load(append([]string{"--rename-command"}, strings.Fields(words)...))
		}
		if err == nil {
			_, err = command.NewServer(aso.New(aso.Options{}), command.Options{Config: config})
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", words, err, want)
		}
	}
}

package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"comet/aso"
	"comet/resp/command"
	"comet/resp/wire"
)

// aclServer is a server with clients, without a network.
type aclServer struct {
	t      *testing.T
	server *command.Server
}

// startACL starts a server with a configuration, in which {dir} stands for a folder that has an ACL file with these lines, if any.
func startACL(t *testing.T, conf, users string) (*aclServer, string, error) {
	t.Helper()
	dir := t.TempDir()
	conf = strings.ReplaceAll(conf, "{dir}", dir)
	for name, text := range map[string]string{"comet.conf": conf, "users.acl": strings.ReplaceAll(users, "{dir}", dir)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, err := command.NewConfig()
	if err == nil {
		err = config.Load([]string{filepath.Join(dir, "comet.conf")})
	}
	if err != nil {
		return nil, dir, err
	}
	server, err := command.NewServer(aso.New(aso.Options{}), command.Options{Config: config})
	return &aclServer{t, server}, dir, err
}

// aclClient is a client; all of them have different connections.
type aclClient struct {
	s    *aclServer
	ses  *command.Session
	conn *aclConn
}

type aclConn struct {
	testConn
	id     uint64
	killed bool
}

func (c *aclConn) ID() uint64 { return c.id }
func (c *aclConn) Kill()      { c.killed = true }

func (s *aclServer) client(id uint64) *aclClient {
	conn := &aclConn{id: id}
	return &aclClient{s, s.server.NewSession(conn, &wire.Reply{}), conn}
}

// do runs a command line and returns its reply, with | between lines.
func (c *aclClient) do(line string) string {
	c.s.t.Helper()
	if n := c.s.server.Batch(c.ses, [][][]byte{bytesOf(strings.Fields(line)...)}); n != 1 {
		c.s.t.Fatalf("%s: not run", line)
	}
	reply := strings.TrimSuffix(strings.ReplaceAll(string(c.ses.Reply.Bytes()), "\r\n", "|"), "|")
	c.ses.Reply.Reset()
	return reply
}

func (c *aclClient) want(line, want string) {
	c.s.t.Helper()
	if got := c.do(line); !strings.Contains(got, want) {
		c.s.t.Errorf("%s: got %s, want %s", line, got, want)
	}
}

func TestUsersOfTheConfigurationFile(t *testing.T) {
	_, _, err := startACL(t, "requirepass ignored\nuser alice on >pw ~a* +get (~b\nuser bob on nopass +@all\nUSER default on >secret ~* +@all\n", "")
	if err == nil || !strings.Contains(err.Error(), `comet.conf:2: user "alice": Unmatched parenthesis`) {
		t.Errorf("got %v", err)
	}
	s, _, err := startACL(t, "requirepass ignored\nuser alice on >pw ~a* +get (~b +set)\nUSER default on >secret ~* +@all\n", "")
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(1)
	c.want("ping", "NOAUTH")
	c.want("auth ignored", "WRONGPASS")
	c.want("auth secret", "+OK")
	c.want("auth alice pw", "+OK")
	c.want("get a1", "$-1")
	c.want("set b 1", "+OK")
	c.want("set a 1", "NOPERM")
}

func TestBadUsersEndTheStart(t *testing.T) {
	for _, tt := range []struct{ conf, users, want string }{
		{"user", "", "comet.conf:1: user needs a name"},
		{"\nuser a +nosuch", "", `comet.conf:2: user "a": rule '+nosuch': Unknown command or category name in ACL`},
		{"user a on\nuser a off", "", `comet.conf:2: user "a" is there twice`},
		{"user \"a b\" on", "", "a name cannot contain spaces"},
		{"user a on\naclfile {dir}/users.acl", "", "not in both"},
		{"aclfile {dir}/missing", "", "opening file"},
		{"aclfile {dir}/users.acl", "user a +nosuch", "users.acl:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. WARNING: ACL errors detected"},
	} {
		if _, _, err := startACL(t, tt.conf, tt.users); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q %q: got %v, want %s", tt.conf, tt.users, err, tt.want)
		}
	}
}

func TestACLFileIsLoadedAndSaved(t *testing.T) {
	s, dir, err := startACL(t, "aclfile {dir}/users.acl", "user alice on nopass ~a* +get\n\n  user bob  off  -@all  \nuser default on nopass ~* &* +@all")
	if err != nil {
		t.Fatal(err)
	}
	admin, alice := s.client(1), s.client(2)
	admin.want("acl users", "*3|$5|alice|$3|bob|$7|default")
	alice.want("auth alice x", "+OK")
	admin.want("acl setuser carol on nopass +get (~c* +set) >pw", "+OK")
	admin.want("acl save", "+OK")
	path := filepath.Join(dir, "users.acl")
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(saved), "\n"), "\n") {
		admin.want("acl list", line)
	}
	if n := strings.Count(string(saved), "\n"); n != 4 {
		t.Errorf("%d lines were saved", n)
	}
	admin.want("acl deluser carol", ":1")
	admin.want("acl load", "+OK")
	admin.want("acl users", "carol")
	if !alice.conn.killed || admin.conn.killed {
		t.Errorf("ACL LOAD closed alice: %v, the default user: %v", alice.conn.killed, admin.conn.killed)
	}
	alice.want("get a", "NOPERM") // what it had sent already
	alice.want("acl whoami", "NOPERM")

	before := admin.do("acl list")
	for _, tt := range []struct{ text, want string }{
		{"user a +nosuch +get\nuser b (x\nuse c\nuser\nuser a\tb on\nuser d on\nuser d on", "ERR PATH:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. " +
			"PATH:2: Unmatched parenthesis in selector definition.PATH:3 should start with user keyword followed by the username. " +
			"PATH:4 should start with user keyword followed by the username. 'PATH:5: username 'a\tb' contains invalid characters. " +
			"WARNING: Duplicate user 'd' found on line 7. " +
			"WARNING: ACL errors detected, no change to the previously active ACL rules was performed"},
		{"user a +nosuch ~* ~x -foo", "PATH:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. PATH:1: Adding a pattern after " +
			"the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns. " +
			"PATH:1: Error in applying operation '-foo': Unknown command or category name in ACL. WARNING"},
		{"\n# comment", "ERR PATH:2 should start with user keyword followed by the username. WARNING"},
	} {
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		admin.want("acl load", strings.ReplaceAll(tt.want, "PATH", path))
	}
	if after := admin.do("acl list"); after != before {
		t.Errorf("a file that was refused changed the users: %s became %s", before, after)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	admin.want("acl load", "ERR Error loading ACLs, opening file '"+path+"': No such file or directory")
	admin.want("acl save", "+OK")
	admin.want("acl load", "+OK")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	admin.want("acl load", "+OK")
	admin.want("acl list", "*1|$34|user default on nopass ~* &* +@all")
}

func TestConfigRewriteKeepsUsers(t *testing.T) {
	s, dir, err := startACL(t, "# mine\nuser old on nopass\nmaxclients 100\n", "")
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(1)
	c.want("acl deluser old", ":1")
	c.want("acl setuser alice on >pw ~a*\"'b %R~r +get (+set ~c) &ch", "+OK")
	c.want("config rewrite", "+OK")
	line := c.do("acl list")
	text, err := os.ReadFile(filepath.Join(dir, "comet.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "old") || strings.Contains(string(text), "user default") || !strings.HasPrefix(string(text), "# mine\nmaxclients 100\n") {
		t.Errorf("wrote:\n%s", text)
	}
	again, _, err := startACL(t, string(text), "")
	if err != nil {
		t.Fatal(err)
	}
	again.client(1).want("acl list", line)
	c.want("acl setuser default >root", "+OK")
	c.want("config rewrite", "+OK")
	if text, err = os.ReadFile(filepath.Join(dir, "comet.conf")); err != nil || strings.Count(string(text), "\nuser ") != 2 {
		t.Errorf("wrote, %v:\n%s", err, text)
	}
}

func TestRequirepassIsThePasswordOfTheDefaultUser(t *testing.T) {
	s, _, err := startACL(t, "requirepass pw", "")
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	s.server.OnAccessChange(func() { told++ })
	if s.server.AllowsAnyone() {
		t.Error("anyone may enter")
	}
	c := s.client(1)
	c.want("get k", "NOAUTH")
	c.want("auth pw", "+OK")
	c.want("acl setuser default nopass", "+OK")
	if !s.server.AllowsAnyone() || told != 1 {
		t.Errorf("anyone may enter: %v, told %d times", s.server.AllowsAnyone(), told)
	}
	s.client(2).want("get k", "$-1")
	c.want("config set requirepass new", "+OK")
	if s.server.AllowsAnyone() || told != 2 {
		t.Errorf("anyone may enter: %v, told %d times", s.server.AllowsAnyone(), told)
	}
	s.client(3).want("auth new", "+OK")
}

func TestACLFileWithoutTheDefaultUserLeavesItsPassword(t *testing.T) {
	s, _, err := startACL(t, "requirepass pw\naclfile {dir}/users.acl", "user alice on nopass +acl")
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(1)
	c.want("get k", "NOAUTH")
	c.want("auth alice x", "+OK")
	c.want("acl load", "+OK")
	c = s.client(2)
	c.want("get k", "NOAUTH")
	c.want("auth pw", "+OK")
	c.want("get k", "$-1")
}

// TestPipelineStopsWhereRightsEnd sends commands whose locks are taken together.
func TestPipelineStopsWhereRightsEnd(t *testing.T) {
	s, _, err := startACL(t, "", "")
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(1)
	c.want("acl setuser u on nopass +@all ~a*", "+OK")
	c.want("auth u x", "+OK")
	batch := [][][]byte{bytesOf("SET", "a", "1"), bytesOf("SET", "b", "1"), bytesOf("AUTH", "default", ""), bytesOf("SET", "b", "2"), bytesOf("GET", "b")}
	for len(batch) > 0 {
		batch = batch[s.server.Batch(c.ses, batch):]
	}
	want := "+OK\r\n-NOPERM this user has no permissions to access one of the keys used as arguments\r\n+OK\r\n+OK\r\n$1\r\n2\r\n"
	if got := string(c.ses.Reply.Bytes()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHandlersSeeTheUser(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onGet(self, ev) return ev.user end`, "k")
	e.all("set k v; acl setuser alice on nopass +@all ~*")
	if got := e.do("get k"); got != "$7|default" {
		t.Errorf("got %s", got)
	}
	e.all("auth alice x")
	if got := e.do("get k"); got != "$5|alice" {
		t.Errorf("got %s", got)
	}
}

func TestADeniedCommandTouchesNoKey(t *testing.T) {
	e := newEngine(t)
	e.all("config set notify-keyspace-events KEA; acl setuser u on nopass +@all -get ~a*")
	e.all("set k v px 10; set a v px 10; hset h f v; auth u x")
	e.now += 20
	units, heard := len(e.units), len(e.heard)
	for _, line := range []string{"get a", "set k w", "del k", "exists k", "mset a 1 k 2", "rename a k", "hdel h f", "blpop k 0"} {
		if got := e.do(line); !strings.HasPrefix(got, "-NOPERM") {
			t.Errorf("%s: got %s", line, got)
		}
	}
	if e.do("multi"); e.do("exists k") == "+QUEUED" {
		t.Error("a denied command was queued")
	}
	e.do("exec")
	if len(e.units) != units || len(e.heard) != heard {
		t.Errorf("denied commands wrote %d units and sent %v", len(e.units)-units, e.heard[heard:])
	}
	e.all("auth default x; exists k")
	if len(e.units) == units || len(e.heard) == heard {
		t.Error("an allowed command did not let the key expire")
	}
}

func TestTheLogOfDenialsKeepsTheBeginningOfLongNames(t *testing.T) {
	e := newEngine(t)
	long := strings.Repeat("x", 1<<20)
	e.all("acl setuser u on nopass +@all ~a")
	for _, args := range [][]string{{"auth", long, "x"}, {"auth", "u", "x"}, {"get", long}, {"auth", "default", "x"}} {
		e.run(args...)
	}
	if got := e.do("acl log"); len(got) > 10_000 || strings.Count(got, strings.Repeat("x", 4096)+"|") != 2 {
		t.Errorf("%d bytes: %.300s", len(got), got)
	}
}

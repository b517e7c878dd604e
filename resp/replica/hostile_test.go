package replica_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"comet/resp/command"
)

const history = "0123456789012345678901234567890123456789"

// emptyFile is an RDB file without keys, and without a checksum.
const emptyFile = "REDIS0010\xff\x00\x00\x00\x00\x00\x00\x00\x00"

// master speaks as a master as far as the handshake goes, and then sends what it is told.
type master struct {
	port string

	mu    sync.Mutex
	asked []string // what replicas sent, without the port
}

// startMaster starts a master that replies to PSYNC with these bytes. It replies to other commands with what replies says, else with OK.
func startMaster(t *testing.T, psync string, replies map[string]string) *master {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &master{port: fmt.Sprint(l.Addr().(*net.TCPAddr).Port)}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { m.serve(c, psync, replies) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); open.Wait() })
	return m
}

func (m *master) serve(c net.Conn, psync string, replies map[string]string) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		var n int
		if b, err := r.Peek(1); err == nil && b[0] == '\n' {
			_, _ = r.Discard(1)
			continue
		}
		if _, err := fmt.Fscanf(r, "*%d\r\n", &n); err != nil {
			return
		}
		var words []string
		for range n {
			var size int
			if _, err := fmt.Fscanf(r, "$%d\r\n", &size); err != nil {
				return
			}
			word := make([]byte, size+2)
			if _, err := io.ReadFull(r, word); err != nil {
				return
			}
			words = append(words, string(word[:size]))
		}
		m.mu.Lock()
		m.asked = append(m.asked, strings.Join(words, " "))
		m.mu.Unlock()
		reply := "+OK\r\n"
		switch words[0] {
		case "PING":
			reply = "+PONG\r\n"
		case "PSYNC":
			reply = psync
		}
		if given, ok := replies[words[0]]; ok {
			reply = given
		}
		if reply == "" {
			return
		}
		if words[0] == "REPLCONF" && words[1] == "ACK" {
			continue
		}
		if _, err := io.WriteString(c, reply); err != nil {
			return
		}
	}
}

// TestAHostileMasterCostsNothing has masters that are none: the data stay, the log says why, and another try is made.
func TestAHostileMasterCostsNothing(t *testing.T) {
	full := "+FULLRESYNC " + history + " 7\r\n"
	mark := strings.Repeat("x", 40)
	for name, tt := range map[string]struct {
		psync, want string
		replies     map[string]string
	}{
		"no Redis":            {want: `PING: the master replied \"HTTP/1.1 400 Bad Request\"`, replies: map[string]string{"PING": "HTTP/1.1 400 Bad Request\r\n"}},
		"no line":             {want: "sends no line", replies: map[string]string{"PING": strings.Repeat("x", 70000)}},
		"nothing":             {want: "EOF", replies: map[string]string{"PING": ""}},
		"a password":          {want: "NOAUTH", replies: map[string]string{"PING": "-NOAUTH Authentication required.\r\n", "REPLCONF": "-NOAUTH Authentication required.\r\n"}},
		"loading":             {psync: "-LOADING Redis is loading the dataset in memory\r\n", want: "LOADING"},
		"no history":          {psync: "+FULLRESYNC x 7\r\n", want: "FULLRESYNC x 7"},
		"negative offset":     {psync: "+FULLRESYNC " + history + " -7\r\n", want: "PSYNC"},
		"unasked":             {psync: "+CONTINUE\r\n", want: "CONTINUE"},
		"no file":             {psync: full + "-ERR no file\r\n", want: "instead of a file"},
		"negative size":       {psync: full + "$-1\r\n", want: "instead of the size"},
		"huge size":           {psync: full + "$9223372036854775807\r\ngarbage that is no file", want: "not an RDB file"},
		"cut":                 {psync: full + "$100\r\nREDIS0010", replies: nil, want: "unexpected end"},
		"huge length":         {psync: full + "$900\r\nREDIS0010\xfe\x00\x00\x01k\x81\x7f\xff\xff\xff\xff\xff\xff\xff" + "v\xff", want: "unexpected end"},
		"wrong checksum":      {psync: full + "$18\r\nREDIS0010\xff12345678", want: "wrong checksum"},
		"more than the file":  {psync: full + "$20\r\n" + emptyFile + "xx", want: "2 bytes follow"},
		"garbage with a mark": {psync: full + "$EOF:" + mark + "\r\n" + strings.Repeat("garbage", 100) + mark, want: "not an RDB file"},
		"only the mark":       {psync: full + "$EOF:" + mark + "\r\n" + mark, want: "unexpected end"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "cut" || name == "huge length" { // else it would be waited for what never comes
				tt.replies = map[string]string{"REPLCONF": "+OK\r\n"}
			}
			m := startMaster(t, tt.psync, tt.replies)
			options := []string{}
			if name == "cut" || name == "huge length" {
				options = []string{"--repl-timeout", "1"}
				tt.want = "timeout"
			}
			s := startComet(t, options...)
			s.do("SET mine v")
			s.do("REPLICAOF 127.0.0.1 " + m.port)
			eventually(t, func() error {
				if log := s.log.String(); !strings.Contains(log, tt.want) || !strings.Contains(log, "no link to the master") {
					return fmt.Errorf("log: %s", log)
				}
				return nil
			})
			if got := s.do("GET mine"); got != "v" {
				t.Errorf("GET mine: %q", got)
			}
		})
	}
}

// TestAStreamThatCannotBeAppliedStops has masters whose commands are not known, fail here, or are none for replicas.
func TestAStreamThatCannotBeAppliedStops(t *testing.T) {
	start := fmt.Sprintf("+FULLRESYNC %s 7\r\n$%d\r\n%s", history, len(emptyFile), emptyFile) + "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
	for name, tt := range map[string]struct{ command, want string }{
		"unknown":           {"*2\r\n$6\r\nFUTURE\r\n$1\r\nx\r\n", `command \"FUTURE\": ERR unknown command`},
		"fails":             {"*3\r\n$5\r\nRPUSH\r\n$1\r\na\r\n$1\r\nx\r\n", `command \"RPUSH\": WRONGTYPE`},
		"fails in EXEC":     {"*1\r\n$5\r\nMULTI\r\n*3\r\n$5\r\nRPUSH\r\n$1\r\na\r\n$1\r\nx\r\n*1\r\n$4\r\nEXEC\r\n", `command \"RPUSH\": WRONGTYPE`},
		"ends the server":   {"*1\r\n$8\r\nSHUTDOWN\r\n", "not a command that a master sends"},
		"configures":        {"*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$3\r\ndir\r\n$1\r\n/\r\n", "not a command that a master sends"},
		"loads a handler":   {"*2\r\n$8\r\nASO.LOAD\r\n$1\r\nx\r\n", "not a command that a master sends"},
		"other database":    {"*2\r\n$6\r\nSELECT\r\n$2\r\n99\r\n", `command \"SELECT\": ERR DB index is out of range`},
		"damaged function":  {"*3\r\n$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n$1\r\nx\r\n", "Missing library metadata"},
		"follows a master":  {"*3\r\n$9\r\nREPLICAOF\r\n$2\r\nno\r\n$3\r\none\r\n", "not a command that a master sends"},
		"unknown in EXEC":   {"*1\r\n$5\r\nMULTI\r\n*1\r\n$6\r\nFUTURE\r\n*1\r\n$4\r\nEXEC\r\n", `command \"FUTURE\": ERR unknown command`},
		"becomes a user":    {"*3\r\n$4\r\nAUTH\r\n$1\r\na\r\n$1\r\nb\r\n", "not a command that a master sends"},
		"watches all":       {"*1\r\n$7\r\nMONITOR\r\n", "not a command that a master sends"},
		"subscribes":        {"*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n", "not a command that a master sends"},
		"script that fails": {"*3\r\n$4\r\nEVAL\r\n$10\r\nerror('x')\r\n$1\r\n0\r\n", `command \"EVAL\": ERR user_script`},
	} {
		t.Run(name, func(t *testing.T) {
			m := startMaster(t, start+tt.command+"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n2\r\n", nil)
			s := startComet(t)
			s.do("REPLICAOF 127.0.0.1 " + m.port)
			eventually(t, func() error {
				if log := s.log.String(); !strings.Contains(log, tt.want) || !strings.Contains(log, "following stopped") {
					return fmt.Errorf("log: %s", log)
				}
				return nil
			})
			if got := s.do("GET a"); got != "1" {
				t.Errorf("GET a: %q", got)
			}
			info := s.do("INFO replication")
			if fieldOf(info, "master_link_status") != "down" || fieldOf(info, "comet_following_stopped") == "" {
				t.Error(info)
			}
			if got := s.do("SET a 3"); !strings.HasPrefix(got, "-READONLY") {
				t.Errorf("SET: %q", got)
			}
		})
	}
}

func TestAPasswordIsSent(t *testing.T) {
	for name, tt := range map[string]struct {
		redis, comet, before []string
	}{
		"of the default user": {redis: []string{"--requirepass", "secret"}, comet: []string{"--masterauth", "secret"}, before: []string{"AUTH", "secret"}},
		"of a user": {
			redis: []string{"--requirepass", "secret", "--user", "copy", "on", ">word", "+psync", "+replconf", "+ping"}, before: []string{"AUTH", "secret"},
			comet: []string{"--masteruser", "copy", "--masterauth", "word"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := startRedis(t, tt.redis...)
			r.words(tt.before...)
			s := startComet(t, tt.comet...)
			s.do("REPLICAOF 127.0.0.1 " + r.port)
			r.do("SET k v")
			s.caughtUp(r)
			s.equals(r)
			if got := s.do("GET k"); got != "v" {
				t.Errorf("GET k: %q", got)
			}
		})
	}
	t.Run("wrong", func(t *testing.T) {
		r := startRedis(t, "--requirepass", "secret")
		s := startComet(t, "--masterauth", "other")
		s.do("REPLICAOF 127.0.0.1 " + r.port)
		eventually(t, func() error {
			if log := s.log.String(); !strings.Contains(log, "WRONGPASS") {
				return fmt.Errorf("log: %s", log)
			}
			return nil
		})
		if state := s.follower.Link().State; state == command.LinkUp {
			t.Error(state)
		}
		if got := s.words("CONFIG", "SET", "masterauth", "secret"); got != "OK" {
			t.Error(got)
		}
		s.follows(r.port)
	})
}

package resp

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"comet/aso"
	"comet/resp/command"
)

func loadConfig(t *testing.T, args ...string) *command.Config {
	t.Helper()
	config, err := command.NewConfig()
	if err == nil {
		err = config.Load(args)
	}
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestEndpointsOfConfiguration(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "tcp4 0.0.0.0:6379; tcp6 [::]:6379 optional"},
		{[]string{"--bind", "127.0.0.1", "-::1", "--port", "7000"}, "tcp 127.0.0.1:7000; tcp [::1]:7000 optional"},
		{[]string{"--port", "0", "--unixsocket", "/x/s", "--unixsocketperm", "700"}, "unix /x/s -rwx------"},
		{
			[]string{"--bind", "localhost", "--tls-port", "7001", "--tls-cert-file", "c", "--tls-key-file", "k", "--tls-auth-clients", "no"},
			"tcp localhost:6379; tcp localhost:7001 tls",
		},
		{[]string{"--port", "0"}, ""},
	} {
		var got []string
		d := doors{config: loadConfig(t, tt.args...), secure: new(Credentials)}
		for _, e := range d.endpoints() {
			text := e.Network + " " + e.Address
			if e.Secure != nil {
				text += " tls"
			}
			if e.Optional {
				text += " optional"
			}
			if e.Mode != 0 {
				text += " " + e.Mode.String()
			}
			got = append(got, text)
		}
		if strings.Join(got, "; ") != tt.want {
			t.Errorf("%q: listens on %q, want %q", tt.args, got, tt.want)
		}
	}
}

// startCommands serves an empty keyspace, and returns the server and its address.
func startCommands(t *testing.T, args ...string) (*Server, net.Addr) {
	t.Helper()
	commands, err := command.NewServer(aso.New(aso.Options{}), command.Options{Config: loadConfig(t, args...)})
	if err != nil {
		t.Fatal(err)
	}
	s := Connect(commands, slog.New(slog.DiscardHandler))
	addr, err := s.Listen(Endpoint{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s, addr
}

// talk sends lines over a new connection and compares the first line of each reply; "" is the end of the connection.
func talk(t *testing.T, addr net.Addr, lines ...string) {
	t.Helper()
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	in := bufio.NewReader(nc)
	for i := 0; i < len(lines); i += 2 {
		fmt.Fprintf(nc, "%s\r\n", lines[i])
		reply, _ := in.ReadString('\n')
		if reply = strings.TrimRight(reply, "\r\n"); reply != lines[i+1] {
			t.Errorf("%s: got %q, want %q", lines[i], reply, lines[i+1])
		}
	}
}

func TestChangedConfigurationReachesTheNetwork(t *testing.T) {
	s, addr := startCommands(t)
	talk(t, addr,
		"CONFIG SET timeout 7 tcp-keepalive 9 maxclients 11 proto-max-bulk-len 2mb client-query-buffer-limit 3mb", "+OK",
		`CONFIG SET client-output-buffer-limit "pubsub 5 4 3" protected-mode no requirepass secret`, "+OK",
		"PING", "+PONG",
	)
	got := s.Settings()
	want := Settings{MaxClients: 11, Timeout: seconds(7), KeepAlive: seconds(9), MaxBulk: 2 << 20, MaxQueryBuffer: 3 << 20}
	want.OutputLimits = defaultSettings().OutputLimits
	want.OutputLimits[ClassPubSub] = OutputLimit{Hard: 5, Soft: 4, SoftFor: seconds(3)}
	if got != want {
		t.Errorf("settings are %+v, want %+v", got, want)
	}
	talk(t, addr, "PING", "-NOAUTH Authentication required.", "AUTH secret", "+OK", "PING", "+PONG")
	talk(t, addr, "AUTH secret", "+OK", "ACL SETUSER default nopass", "+OK")
	if !s.Settings().DefaultUserNoPass {
		t.Error("protected mode does not know that the default user needs no password")
	}
	talk(t, addr, "ACL SETUSER default >other", "+OK")
	if s.Settings().DefaultUserNoPass {
		t.Error("protected mode does not know that the default user needs a password")
	}
}

func TestLimitsBeforeAuthenticationEndWithIt(t *testing.T) {
	_, addr := startCommands(t, "--requirepass", "secret")
	talk(t, addr, "*11", "-ERR Protocol error: unauthenticated multibulk length")
	long := "$20000\r\n" + strings.Repeat("x", 20000)
	talk(t, addr, "*2\r\n$4\r\nECHO\r\n"+long, "-ERR Protocol error: unauthenticated bulk length")
	talk(t, addr, "AUTH wrong", "-WRONGPASS invalid username-password pair or user is disabled.", "AUTH secret", "+OK",
		"*2\r\n$4\r\nECHO\r\n"+long, "$20000")
	talk(t, addr, "AUTH secret\r\n*2\r\n$4\r\nECHO\r\n"+long, "+OK", "", "$20000") // in one pipeline
}

func TestBlockedClientIsServedOverTheNetwork(t *testing.T) {
	_, addr := startCommands(t)
	blocked, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer blocked.Close()
	fmt.Fprint(blocked, "PING\r\nBLPOP q 0\r\nECHO after\r\n")
	in := bufio.NewReader(blocked)
	if line, err := in.ReadString('\n'); line != "+PONG\r\n" {
		t.Fatal(line, err)
	}
	talk(t, addr, "RPUSH q v", ":1") // served whether it comes before or after the client is blocked
	want := "*2\r\n$1\r\nq\r\n$1\r\nv\r\n$5\r\nafter\r\n"
	var got strings.Builder
	for got.Len() < len(want) {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		got.WriteString(line)
	}
	if got.String() != want {
		t.Errorf("got %q", got.String())
	}
}

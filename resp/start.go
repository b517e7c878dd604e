package resp

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"comet/resp/command"
)

// Connect returns a Server for the clients of commands, which follows the changes of its configuration. It listens nowhere yet.
func Connect(commands *command.Server, log *slog.Logger) *Server {
	config := commands.Config()
	server := NewServer(sessions{commands}, settingsOf(commands), log)
	config.OnChange(command.ConcernNetwork, func() error {
		server.Configure(settingsOf(commands))
		return nil
	})
	commands.SetNetwork(server.networkStats)
	commands.OnAccessChange(func() { server.Configure(settingsOf(commands)) })
	return server
}

// ListenAll listens where config says, and returns the addresses. Certificates that config names later are used for new connections.
func (s *Server) ListenAll(config *command.Config) (addrs []net.Addr, err error) {
	secure, err := credentialsOf(config)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		config.OnChange(command.ConcernNetwork, func() error { return secure.Load(certificatesOf(config)) })
	}
	if err := checkPeers(config); err != nil {
		return nil, err
	}
	config.OnChange(command.ConcernNetwork, func() error { return checkPeers(config) })
	for _, e := range endpointsOf(config, secure) {
		addr, err := s.Listen(e)
		if err != nil {
			return nil, err
		}
		if addr != nil {
			addrs = append(addrs, addr)
		}
	}
	if len(addrs) == 0 {
		return nil, errors.New("nothing to listen on: set port, tls-port or unixsocket, and bind")
	}
	return addrs, nil
}

func settingsOf(commands *command.Server) Settings {
	c := commands.Config()
	s := Settings{
		MaxClients:        int(c.MaxClients.Load()),
		Timeout:           seconds(c.Timeout.Load()),
		KeepAlive:         seconds(c.TCPKeepAlive.Load()),
		ProtectedMode:     c.ProtectedMode.Load(),
		DefaultUserNoPass: commands.AllowsAnyone(),
		MaxBulk:           c.ProtoMaxBulkLen.Load(),
		MaxQueryBuffer:    c.QueryBufferLimit.Load(),
	}
	limits := c.OutputLimits.Load()
	for i, class := range []Class{ClassNormal, ClassReplica, ClassPubSub} {
		l := limits[i]
		s.OutputLimits[class] = OutputLimit{Hard: l.Hard, Soft: l.Soft, SoftFor: seconds(l.Seconds)}
	}
	return s
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

func certificatesOf(c *command.Config) CertificateFiles {
	files := CertificateFiles{Files: c.Certificates()}
	switch c.TLSAuthClients.Load() {
	case "no":
		files.AuthClients = AuthClientsNo
	case "optional":
		files.AuthClients = AuthClientsOptional
	}
	return files
}

// checkPeers returns why the files for connections to other servers are no good, if there are to be such with TLS.
func checkPeers(c *command.Config) error {
	if !c.TLSReplicate.Load() && !c.TLSCluster.Load() {
		return nil
	}
	_, err := c.Certificates().Peer()
	return err
}

// credentialsOf returns what TLS clients are shown, nil if there is no port for them.
func credentialsOf(c *command.Config) (*Credentials, error) {
	if c.TLSPort.Load() == 0 {
		return nil, nil
	}
	secure, err := LoadCredentials(certificatesOf(c))
	if err != nil {
		return nil, fmt.Errorf("tls-port: %w", err)
	}
	return secure, nil
}

func endpointsOf(c *command.Config, secure *Credentials) (all []Endpoint) {
	for _, address := range c.Bind.Load() {
		address, optional := strings.CutPrefix(address, "-")
		if port := c.Port.Load(); port != 0 {
			all = append(all, tcpEndpoint(address, port, optional, nil))
		}
		if port := c.TLSPort.Load(); port != 0 {
			all = append(all, tcpEndpoint(address, port, optional, secure))
		}
	}
	if path := c.UnixSocket.Load(); path != "" {
		all = append(all, Endpoint{Network: "unix", Address: path, Mode: fs.FileMode(c.UnixSocketPerm.Load())})
	}
	return all
}

// tcpEndpoint returns where to listen for a word of bind, in which * is every address of IPv4 and ::* every one of IPv6.
func tcpEndpoint(address string, port int64, optional bool, secure *Credentials) Endpoint {
	network := "tcp"
	switch address {
	case "*":
		network, address = "tcp4", "0.0.0.0"
	case "::*":
		network, address = "tcp6", "::"
	}
	return Endpoint{
		Network: network, Address: net.JoinHostPort(address, strconv.FormatInt(port, 10)), Secure: secure, Optional: optional,
	}
}

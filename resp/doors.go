package resp

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"

	"comet/aso"
	"comet/resp/command"
)

// Replies to a CONFIG SET of where to listen that cannot be followed, in the words of Redis; the log has the reason.
const (
	errPort       = aso.Error("Unable to listen on this port. Check server logs.")
	errBind       = aso.Error("Failed to bind to specified addresses.")
	errTLSOfDoors = aso.Error("Unable to update TLS configuration. Check server logs.")
)

// doors are the endpoints that a configuration names.
type doors struct {
	server *Server
	config *command.Config
	secure *Credentials // loaded while there is a port for TLS
}

// ListenAll listens where config says, from now on, and returns the addresses. Certificates that config names later are used for new connections.
func (s *Server) ListenAll(config *command.Config) ([]net.Addr, error) {
	if err := checkPeers(config); err != nil {
		return nil, err
	}
	d := &doors{s, config, new(Credentials)}
	if err := d.load(); err != nil {
		return nil, fmt.Errorf("tls-port: %w", err)
	}
	config.OnChange(command.ConcernNetwork, d.load)
	config.OnChange(command.ConcernNetwork, func() error { return checkPeers(config) })
	config.OnChange(command.ConcernPort, func() error { return d.follow(errPort) })
	config.OnChange(command.ConcernTLSPort, func() error { return d.follow(errPort) })
	config.OnChange(command.ConcernBind, func() error { return d.follow(errBind) })
	addrs, err := s.Relisten(d.endpoints())
	if err == nil && len(addrs) == 0 {
		err = errors.New("nothing to listen on: set port, tls-port or unixsocket, and bind")
	}
	if err != nil {
		return nil, err
	}
	return addrs, nil
}

// follow listens where the configuration says now, or returns refusal.
func (d *doors) follow(refusal error) error {
	err := d.load()
	if err != nil {
		refusal = errTLSOfDoors
	} else {
		_, err = d.server.Relisten(d.endpoints())
	}
	if err == nil {
		return nil
	}
	d.server.log.Warn("cannot listen elsewhere", "error", err)
	return refusal
}

// load reads the certificates if there is a port for them.
func (d *doors) load() error {
	if d.config.TLSPort.Load() == 0 {
		return nil
	}
	return d.secure.Load(certificatesOf(d.config))
}

func (d *doors) endpoints() (all []Endpoint) {
	c := d.config
	for _, address := range c.Bind.Load() {
		address, optional := strings.CutPrefix(address, "-")
		if port := c.Port.Load(); port != 0 {
			all = append(all, tcpEndpoint(address, port, optional, nil))
		}
		if port := c.TLSPort.Load(); port != 0 {
			all = append(all, tcpEndpoint(address, port, optional, d.secure))
		}
	}
	if path := c.UnixSocket.Load(); path != "" {
		all = append(all, Endpoint{Network: "unix", Address: path, Mode: fs.FileMode(c.UnixSocketPerm.Load())})
	}
	for i := range all {
		all[i].Backlog, all[i].Mark = int(c.Backlog.Load()), uint32(c.SocketMark.Load())
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

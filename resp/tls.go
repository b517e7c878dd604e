package resp

import (
	"crypto/tls"
	"sync/atomic"
	"time"

	"comet/resp/secure"
)

// handshakeTimeout bounds what a client that never finishes its handshake holds.
const handshakeTimeout = 10 * time.Second

// AuthClients says whether clients must show a certificate (tls-auth-clients).
type AuthClients uint8

// The values of tls-auth-clients.
const (
	AuthClientsYes AuthClients = iota
	AuthClientsOptional
	AuthClientsNo
)

// CertificateFiles are those of an endpoint. One of authorities is needed unless clients show no certificate.
type CertificateFiles struct {
	secure.Files
	AuthClients AuthClients
}

// Credentials are what TLS endpoints show and trust.
type Credentials struct {
	current atomic.Pointer[tls.Config]
}

// Load reads the files and uses them for new connections; on an error nothing
// changes.
func (c *Credentials) Load(files CertificateFiles) error {
	config, err := files.Server()
	if err != nil {
		return err
	}
	switch files.AuthClients {
	case AuthClientsYes:
		config.ClientAuth = tls.RequireAndVerifyClientCert
	case AuthClientsOptional:
		config.ClientAuth = tls.VerifyClientCertIfGiven
	case AuthClientsNo:
		config.ClientAuth = tls.NoClientCert
	}
	if config.ClientAuth != tls.NoClientCert {
		if config.ClientCAs, err = files.Authorities(); err != nil {
			return err
		}
	}
	c.current.Store(config)
	return nil
}

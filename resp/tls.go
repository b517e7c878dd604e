package resp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
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

// CertificateFiles are paths of PEM files: tls-cert-file, tls-key-file and
// tls-ca-cert-file, which is needed unless clients show no certificate.
type CertificateFiles struct {
	Cert, Key, CA string
	AuthClients   AuthClients
}

// Credentials are what TLS endpoints show and trust.
type Credentials struct {
	current atomic.Pointer[tls.Config]
}

// LoadCredentials reads the files.
func LoadCredentials(files CertificateFiles) (*Credentials, error) {
	c := new(Credentials)
	if err := c.Load(files); err != nil {
		return nil, err
	}
	return c, nil
}

// Load reads the files and uses them for new connections; on an error nothing
// changes.
func (c *Credentials) Load(files CertificateFiles) error {
	cert, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		return fmt.Errorf("load certificate %q with key %q: %w", files.Cert, files.Key, err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	switch files.AuthClients {
	case AuthClientsYes:
		config.ClientAuth = tls.RequireAndVerifyClientCert
	case AuthClientsOptional:
		config.ClientAuth = tls.VerifyClientCertIfGiven
	case AuthClientsNo:
		config.ClientAuth = tls.NoClientCert
	}
	if config.ClientAuth != tls.NoClientCert {
		if config.ClientCAs, err = loadAuthorities(files.CA); err != nil {
			return fmt.Errorf("load authorities %q: %w", files.CA, err)
		}
	}
	c.current.Store(config)
	return nil
}

func loadAuthorities(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in it")
	}
	return pool, nil
}

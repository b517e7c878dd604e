// Package secure reads what TLS connections show and whom they trust.
package secure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// Files are paths of PEM files: tls-cert-file, tls-key-file and tls-ca-cert-file.
type Files struct {
	Cert, Key, CA string
}

// Certificate reads the certificate and its key.
func (f Files) Certificate() (tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return cert, fmt.Errorf("load certificate %q with key %q: %w", f.Cert, f.Key, err)
	}
	return cert, nil
}

// Authorities reads those who are trusted.
func (f Files) Authorities() (*x509.CertPool, error) {
	pem, err := os.ReadFile(f.CA)
	pool := x509.NewCertPool()
	if err == nil && !pool.AppendCertsFromPEM(pem) {
		err = errors.New("no certificate in it")
	}
	if err != nil {
		return nil, fmt.Errorf("load authorities %q: %w", f.CA, err)
	}
	return pool, nil
}

// Peer returns what another server is shown and asked for. As in Redis it is shown the certificate of this server, if there is one, and may have any name in its own.
// Without a file of authorities those of the system are trusted.
func (f Files) Peer() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // VerifyConnection checks all but the name
	if f.Cert != "" {
		cert, err := f.Certificate()
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{cert}
	}
	var roots *x509.CertPool
	if f.CA != "" {
		var err error
		if roots, err = f.Authorities(); err != nil {
			return nil, err
		}
	}
	c.VerifyConnection = func(s tls.ConnectionState) error {
		opt := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, cert := range s.PeerCertificates[1:] {
			opt.Intermediates.AddCert(cert)
		}
		_, err := s.PeerCertificates[0].Verify(opt)
		return err
	}
	return c, nil
}

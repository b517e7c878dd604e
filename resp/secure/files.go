// Package secure reads what TLS connections show and whom they trust.
package secure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Files are paths of PEM files, and what else parameters say of TLS: tls-cert-file and so on.
type Files struct {
	Cert, Key, KeyPass                   string // KeyPass decrypts the key, if it is encrypted
	ClientCert, ClientKey, ClientKeyPass string // shown to other servers instead, if the first two are there
	CA, CADir                            string // authorities: a file, and a folder in which names are hashes, as OpenSSL has it
	Policy                               Policy
}

// Server returns what clients are shown, without what is asked of them.
func (f Files) Server() (*tls.Config, error) {
	cert, err := certificate(f.Cert, f.Key, f.KeyPass)
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
	return c, f.Policy.apply(c)
}

func certificate(certFile, keyFile, pass string) (cert tls.Certificate, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("load certificate %q with key %q: %w", certFile, keyFile, err)
		}
	}()
	certPEM, err := os.ReadFile(certFile)
	if err != nil {
		return cert, err
	}
	keyPEM, err := os.ReadFile(keyFile)
	if err != nil {
		return cert, err
	}
	if keyPEM, err = decryptKey(keyPEM, pass); err != nil {
		return cert, err
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

// hashedName are the files of a folder that OpenSSL looks at: those that its rehash has named.
const hashedName = "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f].[0-9]"

// Authorities reads those who are trusted.
func (f Files) Authorities() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if f.CA != "" || f.CADir == "" {
		if err := addAuthorities(pool, f.CA); err != nil {
			return nil, err
		}
	}
	if f.CADir == "" {
		return pool, nil
	}
	names, err := filepath.Glob(filepath.Join(f.CADir, hashedName))
	if err == nil && len(names) == 0 {
		err = errors.New("no file in it has a name that openssl rehash gives")
	}
	if err != nil {
		return nil, fmt.Errorf("load authorities %q: %w", f.CADir, err)
	}
	for _, name := range names {
		if err := addAuthorities(pool, name); err != nil {
			return nil, err
		}
	}
	return pool, nil
}

func addAuthorities(pool *x509.CertPool, file string) error {
	pem, err := os.ReadFile(file)
	if err == nil && !pool.AppendCertsFromPEM(pem) {
		err = errors.New("no certificate in it")
	}
	if err != nil {
		return fmt.Errorf("load authorities %q: %w", file, err)
	}
	return nil
}

// Peer returns what another server is shown and asked for. As in Redis it is shown the certificate for that, or that of this server, if there is one, and may have any name
// in its own. Without authorities those of the system are trusted.
func (f Files) Peer() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // VerifyConnection checks all but the name
	if err := f.Policy.apply(c); err != nil {
		return nil, err
	}
	certFile, keyFile, pass := f.Cert, f.Key, f.KeyPass
	if f.ClientCert != "" && f.ClientKey != "" {
		certFile, keyFile, pass = f.ClientCert, f.ClientKey, f.ClientKeyPass
	}
	if certFile != "" {
		cert, err := certificate(certFile, keyFile, pass)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{cert}
	}
	var roots *x509.CertPool
	if f.CA != "" || f.CADir != "" {
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

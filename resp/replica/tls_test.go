package replica_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority makes a certificate of an authority, and returns the paths of it and its key.
func authority(t *testing.T, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestTheLinkSpeaksTLS follows a master that asks for a certificate, and refuses one whose own is of another authority.
func TestTheLinkSpeaksTLS(t *testing.T) {
	cert, key := authority(t, "ours")
	other, otherKey := authority(t, "other")
	port := freePort(t)
	r := startRedis(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert)
	r.do("SET k v")
	s := startComet(t, "--tls-replication", "yes", "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert)
	s.do("REPLICAOF 127.0.0.1 " + port)
	s.caughtUp(r)
	s.equals(r)

	s = startComet(t, "--tls-replication", "yes", "--tls-cert-file", other, "--tls-key-file", otherKey, "--tls-ca-cert-file", other)
	s.do("REPLICAOF 127.0.0.1 " + port)
	eventually(t, func() error {
		if log := s.log.String(); !strings.Contains(log, "certificate signed by unknown authority") {
			return errNotYet(log)
		}
		return nil
	})
}

// errNotYet is what a log does not say yet.
type errNotYet string

func (e errNotYet) Error() string { return "log: " + string(e) }

package main

import (
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"comet/aso/redistest"
	rclient "comet/resp/client"
	"comet/resp/secure"
	"comet/resp/secure/securetest"
)

// startBoth calls run with a Comet and a Redis, if there is one, that have a port for TLS.
func startBoth(t *testing.T, parameters []string, run func(t *testing.T, c *rclient.Conn, tlsAddr string)) {
	t.Helper()
	for _, kind := range []string{"comet", "redis"} {
		t.Run(kind, func(t *testing.T) {
			port := redistest.FreePort()
			with := append(parameters, "--tls-port", port)
			var c *rclient.Conn
			if kind == "redis" {
				c, _ = startRedis(t, t.TempDir(), with...)
			} else {
				c, _ = startOurs(t, with...)
			}
			run(t, c, "127.0.0.1:"+port)
		})
	}
}

// reaches reports whether a client with config is answered, and how it was connected.
func reaches(t *testing.T, addr string, config *tls.Config) (tls.ConnectionState, bool) {
	t.Helper()
	config.InsecureSkipVerify = true
	nc, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return tls.ConnectionState{}, false
	}
	defer nc.Close()
	if _, err := nc.Write([]byte("PING\r\n")); err != nil {
		return tls.ConnectionState{}, false
	}
	got := make([]byte, 7)
	n, _ := nc.Read(got)
	return nc.(*tls.Conn).ConnectionState(), string(got[:n]) == "+PONG\r\n"
}

func TestTLSIsSpokenAsConfiguredAndAsInRedis(t *testing.T) {
	files := securetest.Authority(t, "ours")
	parameters := append(securetest.Parameters(files), "--tls-auth-clients", "no")
	const (
		aes128 = tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
		aes256 = tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
	)
	startBoth(t, parameters, func(t *testing.T, c *rclient.Conn, addr string) {
		for _, tt := range []struct {
			set    []string
			client *tls.Config
			want   uint16 // the version; 0 is no connection
		}{
			{nil, &tls.Config{}, tls.VersionTLS13},
			{nil, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, 0},
			{[]string{"tls-protocols", "TLSv1.2"}, &tls.Config{}, tls.VersionTLS12},
			{nil, &tls.Config{MinVersion: tls.VersionTLS13}, 0},
			{[]string{"tls-ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384"}, &tls.Config{CipherSuites: []uint16{aes128}}, 0},
			{nil, &tls.Config{CipherSuites: []uint16{aes128, aes256}}, tls.VersionTLS12},
			{[]string{"tls-ciphers", ""}, &tls.Config{CipherSuites: []uint16{aes128}}, tls.VersionTLS12},
			{[]string{"tls-protocols", "tlsv1.3"}, &tls.Config{MaxVersion: tls.VersionTLS12}, 0},
			{[]string{"tls-protocols", ""}, &tls.Config{MaxVersion: tls.VersionTLS12}, tls.VersionTLS12},
		} {
			if tt.set != nil {
				if got := reply(c, append([]string{"CONFIG", "SET"}, tt.set...)...); got != "OK" {
					t.Errorf("%q: %s", tt.set, got)
				}
			}
			if state, ok := reaches(t, addr, tt.client); ok != (tt.want != 0) || state.Version != tt.want {
				t.Errorf("after %q a client of %x to %x: %v, version %x", tt.set, tt.client.MinVersion, tt.client.MaxVersion, ok, state.Version)
			}
		}
		for _, set := range [][]string{{"tls-protocols", "TLSv1.2 SSLv3"}, {"tls-ciphers", "nonsense"}} {
			if got := reply(c, append([]string{"CONFIG", "SET"}, set...)...); !strings.HasPrefix(got, "ERR CONFIG SET failed (possibly related to argument '"+set[0]+"') - ") {
				t.Errorf("%q: %s", set, got)
			}
		}
	})
}

func TestEncryptedKeysAreReadAsInRedis(t *testing.T) {
	folder, err := filepath.Abs("../../resp/secure/testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"aes256-sha256", "des3-sha1", "old"} {
		t.Run(name, func(t *testing.T) {
			startBoth(t, []string{
				"--tls-auth-clients", "no", "--tls-cert-file", filepath.Join(folder, "cert.pem"),
				"--tls-key-file", filepath.Join(folder, name+".pem"), "--tls-key-file-pass", "secret",
			}, func(t *testing.T, _ *rclient.Conn, addr string) {
				if _, ok := reaches(t, addr, &tls.Config{}); !ok {
					t.Error("no answer")
				}
			})
		})
	}
}

func TestAFolderOfAuthoritiesIsReadAsInRedis(t *testing.T) {
	files, strange, folder := securetest.Authority(t, "ours"), securetest.Authority(t, "strange"), t.TempDir()
	hash, err := exec.Command("openssl", "x509", "-noout", "-hash", "-in", files.Cert).Output()
	if err != nil {
		t.Skip("no openssl")
	}
	for name, file := range map[string]string{strings.TrimSpace(string(hash)) + ".0": files.Cert, "strange.pem": strange.Cert} {
		if err := os.Symlink(file, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	with := func(f secure.Files) *tls.Config {
		cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			t.Fatal(err)
		}
		return &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	startBoth(t, []string{"--tls-cert-file", files.Cert, "--tls-key-file", files.Key, "--tls-ca-cert-dir", folder}, func(t *testing.T, _ *rclient.Conn, addr string) {
		if _, ok := reaches(t, addr, with(files)); !ok {
			t.Error("a client of the authority is not answered")
		}
		if _, ok := reaches(t, addr, with(strange)); ok {
			t.Error("a client of another one is answered")
		}
	})
}

// TestTheCertificateForOtherServersIsShownAsInRedis moves a key to a server that wants another certificate than the one that clients are shown.
func TestTheCertificateForOtherServersIsShownAsInRedis(t *testing.T) {
	ours, client := securetest.Authority(t, "ours"), securetest.Authority(t, "client")
	port := redistest.FreePort()
	startOurs(t, "--tls-port", port, "--tls-cert-file", ours.Cert, "--tls-key-file", ours.Key, "--tls-ca-cert-file", client.CA)
	startBoth(t, append(securetest.Parameters(ours), "--tls-cluster", "yes"), func(t *testing.T, c *rclient.Conn, _ string) {
		ask(t, c, "SET k v")
		if got := reply(c, "MIGRATE", "127.0.0.1", port, "k", "0", "2000", "REPLACE"); !strings.HasPrefix(got, "IOERR") {
			t.Errorf("with the certificate for clients: %s", got)
		}
		if got := reply(c, "CONFIG", "SET", "tls-client-cert-file", client.Cert, "tls-client-key-file", client.Key); got != "OK" {
			t.Error(got)
		}
		if got := reply(c, "MIGRATE", "127.0.0.1", port, "k", "0", "2000", "REPLACE"); got != "OK" {
			t.Errorf("with the other one: %s", got)
		}
	})
}

func TestSessionsAreNotResumedWithoutCaching(t *testing.T) {
	files := securetest.Authority(t, "ours")
	port := redistest.FreePort()
	c, _ := startOurs(t, append(securetest.Parameters(files), "--tls-auth-clients", "no", "--tls-port", port)...)
	for _, caching := range []string{"yes", "no"} {
		ask(t, c, "CONFIG SET tls-session-caching "+caching)
		config := &tls.Config{ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		_, first := reaches(t, "127.0.0.1:"+port, config)
		state, second := reaches(t, "127.0.0.1:"+port, config)
		if !first || !second || state.DidResume != (caching == "yes") {
			t.Errorf("tls-session-caching %s: %v, %v, resumed %v", caching, first, second, state.DidResume)
		}
	}
}

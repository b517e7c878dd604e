package secure

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEncryptedKeys(t *testing.T) {
	at := func(name string) string { return filepath.Join("testdata", name+".pem") }
	for _, name := range []string{"plain", "old", "aes256-sha256", "aes128-sha512", "des3-sha1"} {
		if _, err := certificate(at("cert"), at(name), "secret"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "plain" {
			continue
		}
		if _, err := certificate(at("cert"), at(name), ""); !errors.Is(err, errNoPass) {
			t.Errorf("%s without password: %v", name, err)
		}
		if _, err := certificate(at("cert"), at(name), "other"); !errors.Is(err, errBadPass) {
			t.Errorf("%s with another password: %v", name, err)
		}
	}
	if _, err := certificate(at("cert"), at("scrypt"), "secret"); err == nil || !strings.Contains(err.Error(), "otherwise than with PBES2 and PBKDF2") {
		t.Errorf("scrypt: %v", err)
	}
}

func FuzzDecryptKey(f *testing.F) {
	names, err := filepath.Glob("testdata/*.pem")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = decryptKey(text, "secret") })
}

func TestProtocols(t *testing.T) {
	for _, tt := range []struct {
		text           string
		oldest, newest uint16 // 0 is an error
	}{
		{"TLSv1.2", tls.VersionTLS12, tls.VersionTLS12},
		{"TLSv1.3 tlsv1.2", tls.VersionTLS12, tls.VersionTLS13},
		{"TLSv1 TLSv1.1 TLSv1.2", tls.VersionTLS10, tls.VersionTLS12},
		{"TLSv1.1 TLSv1.3", 0, 0},
		{"TLSv1.2 SSLv3", 0, 0},
		{" ", 0, 0},
	} {
		oldest, newest, err := protocols(tt.text)
		if oldest != tt.oldest || newest != tt.newest || (err == nil) != (tt.oldest != 0) {
			t.Errorf("%q: %x to %x, %v", tt.text, oldest, newest, err)
		}
	}
}

func TestCiphers(t *testing.T) {
	byName, usual := suites()
	for _, tt := range []struct {
		text string
		want []string // names; nil is an error
	}{
		{"ECDHE-RSA-AES256-GCM-SHA384", []string{"ECDHE-RSA-AES256-GCM-SHA384"}},
		{"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-SHA, AES128-GCM-SHA256", []string{"ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-SHA", "AES128-GCM-SHA256"}},
		{"DES-CBC3-SHA:AES256-SHA:!3DES", []string{"AES256-SHA"}},
		{"AES256-SHA:RC4-SHA:-RC4", []string{"AES256-SHA"}},
		{"!AES256-SHA:AES256-SHA", nil},
		{"DHE-RSA-AES256-GCM-SHA384", nil},
		{"TLS_AES_128_GCM_SHA256", nil},
		{"HIGH:!nonsense", nil},
		{"aNULL", nil},
	} {
		got, err := ciphers(tt.text)
		var want []uint16
		for _, name := range tt.want {
			want = append(want, byName[name])
		}
		if !slices.Equal(got, want) || (err == nil) != (tt.want != nil) {
			t.Errorf("%q: %x, %v", tt.text, got, err)
		}
	}
	if got, err := ciphers("DEFAULT:!MEDIUM:!aNULL"); err != nil || !slices.Equal(got, usual) || len(usual) == 0 {
		t.Errorf("DEFAULT: %x, %v", got, err)
	}
}

// TestSuitesHaveTheNamesOfOpenSSL compares those that it lists.
func TestSuitesHaveTheNamesOfOpenSSL(t *testing.T) {
	out, err := exec.Command("openssl", "ciphers", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").Output()
	if err != nil {
		t.Skip("no openssl")
	}
	byName, _ := suites()
	names := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 2 {
			names[words[0]] = words[2] // 0xC0,0x2C - ECDHE-ECDSA-AES256-GCM-SHA384 ...
		}
	}
	compared := 0
	for name, id := range byName {
		theirs := names[fmt.Sprintf("0x%02X,0x%02X", id>>8, id&0xff)]
		if theirs != "" && theirs != name {
			t.Errorf("%x is %s, for OpenSSL %s", id, name, theirs)
		}
		if theirs != "" {
			compared++
		}
	}
	if compared < 10 {
		t.Errorf("only %d are there", compared)
	}
}

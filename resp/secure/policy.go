package secure

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// Policy says how connections are protected, in the words of OpenSSL; empty words leave it to Go's library.
type Policy struct {
	Protocols  string // tls-protocols
	Ciphers    string // tls-ciphers: of TLS 1.2 and below; those of TLS 1.3 cannot be chosen
	NoSessions bool   // no session is resumed: tls-session-caching no
}

// versions are the names of tls-protocols, the oldest first.
var versions = []struct {
	name string
	id   uint16
}{{"tlsv1", tls.VersionTLS10}, {"tlsv1.1", tls.VersionTLS11}, {"tlsv1.2", tls.VersionTLS12}, {"tlsv1.3", tls.VersionTLS13}}

func (p Policy) apply(c *tls.Config) (err error) {
	c.SessionTicketsDisabled = p.NoSessions
	if p.Protocols != "" {
		if c.MinVersion, c.MaxVersion, err = protocols(p.Protocols); err != nil {
			return fmt.Errorf("tls-protocols: %w", err)
		}
	}
	if p.Ciphers != "" {
		if c.CipherSuites, err = ciphers(p.Ciphers); err != nil {
			return fmt.Errorf("tls-ciphers: %w", err)
		}
	}
	return nil
}

// protocols returns the oldest and the newest one that text names.
func protocols(text string) (oldest, newest uint16, err error) {
	words := strings.Fields(strings.ToLower(text))
	for i, v := range versions {
		if !slices.Contains(words, v.name) {
			continue
		}
		switch {
		case oldest == 0:
			oldest = v.id
		case newest != versions[i-1].id:
			return 0, 0, fmt.Errorf("%q leaves out one in between, which is not possible", text)
		}
		newest = v.id
		words = slices.DeleteFunc(words, func(word string) bool { return word == v.name })
	}
	if len(words) > 0 || oldest == 0 {
		return 0, 0, fmt.Errorf("%q is no combination of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3", text)
	}
	return oldest, newest, nil
}

// opensslName returns how OpenSSL calls a suite below TLS 1.3 that Go calls name.
func opensslName(name string) string {
	name = strings.TrimPrefix(name, "TLS_")
	name = strings.TrimPrefix(name, "RSA_WITH_")
	for _, r := range [][2]string{
		{"_WITH_", "_"},
		{"3DES_EDE_CBC", "DES_CBC3"},
		{"AES_128_CBC", "AES128"},
		{"AES_256_CBC", "AES256"},
		{"AES_128", "AES128"},
		{"AES_256", "AES256"},
		{"RC4_128", "RC4"},
		{"POLY1305_SHA256", "POLY1305"},
	} {
		name = strings.ReplaceAll(name, r[0], r[1])
	}
	return strings.ReplaceAll(name, "_", "-")
}

// suites are what there is below TLS 1.3, by the names of OpenSSL, and those of them that Go's library takes by itself.
func suites() (byName map[string]uint16, usual []uint16) {
	byName = map[string]uint16{}
	for i, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, s := range list {
			if slices.Equal(s.SupportedVersions, []uint16{tls.VersionTLS13}) {
				continue
			}
			byName[opensslName(s.Name)] = s.ID
			if i == 0 {
				usual = append(usual, s.ID)
			}
		}
	}
	return byName, usual
}

// absent are classes of OpenSSL's suites of which Go's library has none, so that leaving them out changes nothing.
var absent = []string{
	"aNULL", "eNULL", "NULL", "ADH", "AECDH", "EXP", "EXPORT", "LOW", "MEDIUM", "DES", "RC2", "IDEA", "SEED", "CAMELLIA", "ARIA", "MD5", "PSK", "SRP", "DSS", "aDSS", "kDHE", "DHE",
}

// ciphers returns the suites that text names: suites, and DEFAULT or HIGH for those that Go's library takes by itself, without those behind a ! or -.
func ciphers(text string) (chosen []uint16, err error) {
	byName, usual := suites()
	var without []uint16
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(":, ", r) }) {
		name, excluded := strings.CutPrefix(word, "!")
		if !excluded {
			name, excluded = strings.CutPrefix(word, "-")
		}
		id, known := byName[name]
		switch {
		case known && excluded:
			without = append(without, id)
		case known:
			chosen = append(chosen, id)
		case !excluded && (name == "DEFAULT" || name == "HIGH"):
			chosen = append(chosen, usual...)
		case excluded && (name == "3DES" || name == "RC4"):
			without = append(without, classOf(byName, name)...)
		case !excluded || !slices.Contains(absent, name):
			return nil, fmt.Errorf("%q is not one that Go's library has", word)
		}
	}
	chosen = slices.DeleteFunc(chosen, func(id uint16) bool { return slices.Contains(without, id) })
	if len(chosen) == 0 {
		return nil, fmt.Errorf("nothing is left of %q", text)
	}
	return chosen, nil
}

// classOf returns the suites of one of two classes.
func classOf(byName map[string]uint16, class string) (ids []uint16) {
	part := map[string]string{"3DES": "DES-CBC3", "RC4": "RC4"}[class]
	for name, id := range byName {
		if strings.Contains(name, part) {
			ids = append(ids, id)
		}
	}
	return ids
}

package command

import (
	"strings"

	"comet/aso"
)

// manifestSecret names a secret that must be there. Its value is in no manifest.
type manifestSecret struct {
	Name   string `json:"name"`
	Base64 bool   `json:"base64,omitempty"` // Name is: it is no UTF-8
}

// secrets returns an error that names the secrets of the manifest that are not there.
func (a *applying) secrets() error {
	there := map[string]bool{}
	for _, s := range a.c.Server.ks.Secrets() {
		there[s.Name] = true
	}
	var missing []string
	for _, m := range a.m.Secrets {
		name := m.Name
		if err := decodeTexts(m.Base64, &name); err != nil {
			return err
		}
		if !there[name] {
			missing = append(missing, name)
		}
	}
	if missing == nil {
		return nil
	}
	return aso.Failure("ERR", "the manifest needs secrets that are not set: "+strings.Join(missing, ", "))
}

func exportSecrets(ks *aso.Keyspace) []manifestSecret {
	secrets := []manifestSecret{}
	for _, s := range ks.Secrets() {
		m := manifestSecret{Name: s.Name}
		m.Base64 = encodeTexts(&m.Name)
		secrets = append(secrets, m)
	}
	return secrets
}

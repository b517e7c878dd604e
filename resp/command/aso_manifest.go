package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"comet/aso"
)

// manifest is all that concerns no single object, as ASO.EXPORT writes and ASO.APPLY reads it. A list that is nil says nothing.
type manifest struct {
	Handlers []manifestHandler `json:"handlers"`
	Aliases  []manifestAlias   `json:"aliases"`
	Rules    []manifestRule    `json:"rules"`
	Limits   []manifestLimit   `json:"limits"`
	Grants   []manifestGrant   `json:"grants"`
	Feeds    []manifestFeed    `json:"feeds"`
	Secrets  []manifestSecret  `json:"secrets"`
	Prune    bool              `json:"prune,omitempty"` // what a list does not name goes, but for handlers and secrets
}

// manifestHandler is a version by its source, or one that is to be there. The last one of a name is its latest.
type manifestHandler struct {
	Source  string `json:"source,omitempty"`
	Base64  bool   `json:"base64,omitempty"` // Source is: it is no UTF-8
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

type manifestAlias struct {
	Name      string  `json:"name"`
	Alias     string  `json:"alias"`
	Version   string  `json:"version,omitempty"` // empty is the latest
	Candidate string  `json:"candidate,omitempty"`
	Canary    float64 `json:"canary,omitempty"` // percent
	StopOn    float64 `json:"stopon,omitempty"` // percent
}

func parseManifest(text []byte) (m manifest, err error) {
	if !utf8.Valid(text) {
		return m, aso.Error("ERR the manifest is not valid: it is no UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err = d.Decode(&m); err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = fmt.Errorf("something follows it")
		}
	}
	if err != nil {
		return m, aso.Error("ERR the manifest is not valid: " + err.Error())
	}
	return m, nil
}

func (h *manifestHandler) source() ([]byte, error) {
	source := h.Source
	err := decodeTexts(h.Base64, &source)
	return []byte(source), err
}

// converted returns what the entries of a list stand for.
func converted[M, E any](list []M, of func(m *M) (*E, error)) ([]*E, error) {
	all := make([]*E, len(list))
	for i := range list {
		e, err := of(&list[i])
		if err != nil {
			return nil, err
		}
		all[i] = e
	}
	return all, nil
}

// asJSON returns v as one line, or indented.
func asJSON(v any, indent string) []byte {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return []byte(err.Error()) // cannot happen: a manifest has only strings, numbers and maps of strings
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

package command

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"comet/aso"
	"comet/aso/sandbox"
)

// manifest is code, aliases and rules as ASO.EXPORT writes and ASO.APPLY reads them.
type manifest struct {
	Handlers []manifestHandler `json:"handlers"`
	Aliases  []manifestAlias   `json:"aliases"`
	Rules    []manifestRule    `json:"rules"`
	Prune    bool              `json:"prune,omitempty"` // aliases and rules that are not listed go
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

type manifestRule struct {
	ID      string            `json:"id"`
	Glob    string            `json:"glob"`
	Handler string            `json:"handler"` // name, name@version or name@alias
	Params  map[string]string `json:"params,omitempty"`
	Events  []string          `json:"events,omitempty"`
	Type    string            `json:"type,omitempty"`
	Order   int64             `json:"order,omitempty"`
	Mode    string            `json:"mode,omitempty"`
	Base64  bool              `json:"base64,omitempty"` // ID, Glob and Params are: not all of them are UTF-8
}

func parseManifest(text []byte) (m manifest, err error) {
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

func (h *manifestHandler) source() ([]byte, error) { return decodeText(h.Source, h.Base64) }

func decodeText(text string, isBase64 bool) ([]byte, error) {
	if !isBase64 {
		return []byte(text), nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, aso.Error("ERR the manifest has bad base64: " + err.Error())
	}
	return raw, nil
}

// rule returns the rule and its parameters.
func (m *manifestRule) rule(ks *aso.Keyspace) (rule aso.Rule, params map[string]string, err error) {
	if rule.Target, err = ks.Target(m.Handler); err != nil {
		return rule, nil, err
	}
	text := func(s string) string {
		raw, badText := decodeText(s, m.Base64)
		if badText != nil {
			err = badText
		}
		return string(raw)
	}
	rule.ID, rule.Glob, rule.Order = text(m.ID), text(m.Glob), m.Order
	params = make(map[string]string, len(m.Params))
	for name, v := range m.Params {
		params[text(name)] = text(v)
	}
	for _, word := range m.Events {
		h, ok := eventNamed(word)
		if !ok {
			return rule, nil, aso.Error("ERR unknown event " + word)
		}
		rule.Events |= 1 << h
	}
	if m.Type != "" && err == nil {
		rule.Kind, err = kindNamed([]byte(m.Type))
	}
	if rule.Observe = m.Mode == modeName(true); !rule.Observe && m.Mode != "" && m.Mode != modeName(false) {
		err = errMode
	}
	return rule, params, err
}

// manifestOf returns a rule as a manifest has it, in the one way that ASO.EXPORT writes it.
func manifestOf(ks *aso.Keyspace, r *aso.Rule, params map[string]string) manifestRule {
	m := manifestRule{ID: r.ID, Glob: r.Glob, Handler: ks.TargetName(r.Target), Params: params, Order: r.Order}
	for h := range sandbox.OnAttach {
		if r.Events.Has(h) {
			m.Events = append(m.Events, eventName(h))
		}
	}
	if r.Kind != aso.KindNone {
		m.Type = r.Kind.String()
	}
	if r.Observe {
		m.Mode = modeName(true)
	}
	valid := utf8.ValidString(r.ID) && utf8.ValidString(r.Glob)
	for name, v := range params {
		valid = valid && utf8.ValidString(name) && utf8.ValidString(v)
	}
	if !valid {
		m.encode()
	}
	return m
}

func (m *manifestRule) encode() {
	text := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	params := make(map[string]string, len(m.Params))
	for name, v := range m.Params {
		params[text(name)] = text(v)
	}
	m.ID, m.Glob, m.Params, m.Base64 = text(m.ID), text(m.Glob), params, true
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

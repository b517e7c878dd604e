package command

import (
	"cmp"

	"comet/aso"
	"comet/aso/sandbox"
)

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

// rule returns the rule and its parameters.
func (m *manifestRule) rule(ks *aso.Keyspace) (rule aso.Rule, params map[string]string, err error) {
	if rule.Target, err = ks.Target(m.Handler); err != nil {
		return rule, nil, err
	}
	rule.ID, rule.Glob, rule.Order = m.ID, m.Glob, m.Order
	err = decodeTexts(m.Base64, &rule.ID, &rule.Glob)
	params = make(map[string]string, len(m.Params))
	for name, v := range m.Params {
		err = cmp.Or(err, decodeTexts(m.Base64, &name, &v))
		params[name] = v
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
	m.encode()
	return m
}

// encode makes all texts base64 if one of them is no UTF-8.
func (m *manifestRule) encode() {
	texts := []*string{&m.ID, &m.Glob}
	pairs := make([][2]string, 0, len(m.Params))
	for name, v := range m.Params {
		pairs = append(pairs, [2]string{name, v})
	}
	for i := range pairs {
		texts = append(texts, &pairs[i][0], &pairs[i][1])
	}
	if m.Base64 = encodeTexts(texts...); !m.Base64 {
		return
	}
	m.Params = make(map[string]string, len(pairs))
	for _, pair := range pairs {
		m.Params[pair[0]] = pair[1]
	}
}

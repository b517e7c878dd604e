package command

import (
	"maps"
	"math"
	"slices"
	"strings"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/aso/value"
	"comet/resp/wire"
)

var ruleCommands = family{
	"aso.rule|set":   {run: asoRuleSet, access: accessAll},
	"aso.rule|del":   {run: asoRuleDel, access: accessAll},
	"aso.rule|list":  {run: asoRuleList, access: accessNone},
	"aso.rule|match": {run: asoRuleMatch, events: true},
}

const errMode = aso.Error("ERR MODE is enforce or observe")

// asoRuleSet makes a rule, or changes it as a whole.
func asoRuleSet(c *Call) error {
	rule, params, err := c.ruleOptions()
	if err != nil {
		return err
	}
	if err := c.guarded(func() error { return c.Tx.SetRule(rule, params) }); err != nil {
		return err
	}
	c.OK()
	return nil
}

func (c *Call) ruleOptions() (rule aso.Rule, params map[string]string, err error) {
	rule.ID, rule.Glob = string(c.Arg(2)), string(c.Arg(3))
	if rule.Target, err = c.Server.ks.Target(string(c.Arg(4))); err != nil {
		return rule, nil, err
	}
	for i := 5; i < len(c.Args); i++ {
		left := len(c.Args) - i - 1
		switch {
		case c.Is(i, "PARAM") && left >= 2:
			params, err = c.param(params, i)
			i += 2
		case c.Is(i, "EVENTS") && left >= 1:
			var n int
			rule.Events, n = eventsOf(c.Args[i+1:])
			i += n
			if n == 0 {
				err = aso.Error("ERR unknown event " + string(clip(c.Arg(i+1), maxQuoted)))
			}
		case c.Is(i, "TYPE") && left >= 1:
			i++
			rule.Kind, err = kindNamed(c.Arg(i))
		case c.Is(i, "ORDER") && left >= 1:
			i++
			rule.Order, err = c.IntIn(i, math.MinInt32, math.MaxInt32, "")
		case c.Is(i, "MODE") && left >= 1:
			i++
			rule.Observe, err = c.mode(i)
		default:
			err = c.errOption(i)
		}
		if err != nil {
			return rule, nil, err
		}
	}
	return rule, params, nil
}

// mode returns whether argument i is the mode observe.
func (c *Call) mode(i int) (observe bool, err error) {
	switch {
	case c.Is(i, "OBSERVE"):
		return true, nil
	case c.Is(i, "ENFORCE"):
		return false, nil
	}
	return false, errMode
}

func modeName(observe bool) string {
	if observe {
		return "observe"
	}
	return "enforce"
}

// eventsOf returns the events that words begin with, named as the handlers are, with or without "on", and how many words that are.
func eventsOf(words [][]byte) (set aso.Handlers, n int) {
	for _, word := range words {
		h, ok := eventNamed(string(word))
		if !ok {
			break
		}
		set |= 1 << h
		n++
	}
	return set, n
}

func eventNamed(word string) (sandbox.Handler, bool) {
	for h := range sandbox.OnAttach {
		if name := h.String(); strings.EqualFold(word, name) || strings.EqualFold(word, eventName(h)) {
			return h, true
		}
	}
	return 0, false
}

// eventName is the name of a handler without "on": update for onUpdate.
func eventName(h sandbox.Handler) string {
	return strings.ToLower(strings.TrimPrefix(h.String(), "on"))
}

func kindNamed(word []byte) (aso.Kind, error) {
	for _, kind := range aso.Kinds() {
		if strings.EqualFold(string(word), kind.String()) {
			return kind, nil
		}
	}
	return aso.KindNone, aso.Error("ERR unknown type " + string(clip(word, maxQuoted)))
}

// asoRuleDel removes a rule: 1, or 0 if there is none.
func asoRuleDel(c *Call) error {
	c.intBool(c.Tx.DeleteRule(string(c.Arg(2))))
	return nil
}

// asoRuleList replies with the rules in the order of their ids.
func asoRuleList(c *Call) error {
	pattern, err := c.matchOption(2)
	if err != nil {
		return err
	}
	at, n := c.Reply.Defer(), 0
	c.Server.ks.Rules(func(r *aso.Rule) bool {
		if value.Match(pattern, []byte(r.ID), false) {
			c.replyRule(r)
			n++
		}
		return true
	})
	c.Reply.SetArray(at, n)
	return nil
}

// matchOption returns the pattern of MATCH at argument i, * where there is none.
func (c *Call) matchOption(i int) ([]byte, error) {
	switch {
	case len(c.Args) == i:
		return []byte("*"), nil
	case len(c.Args) == i+2 && c.Is(i, "MATCH"):
		return c.Arg(i + 1), nil
	}
	return nil, errSyntax
}

func (c *Call) replyRule(rule *aso.Rule) {
	r := c.Reply
	r.Map(8)
	replyText(r, "id", rule.ID)
	replyText(r, "glob", rule.Glob)
	replyText(r, "handler", c.Server.ks.TargetName(rule.Target))
	r.BulkString("params")
	c.replyParams(rule.Name(), rule.Params())
	r.BulkString("events")
	replyEvents(r, rule.Events)
	r.BulkString("type")
	if rule.Kind == aso.KindNone {
		r.BulkString("any")
	} else {
		r.BulkString(rule.Kind.String())
	}
	replyInt(r, "order", rule.Order)
	replyText(r, "mode", modeName(rule.Observe))
}

// replyParams replies with the parameters of a handler, if the client may see its source.
func (c *Call) replyParams(handler string, params map[string]string) {
	r := c.Reply
	if !c.may([]byte("aso.code"), []byte(handler)) {
		r.BulkString(hidden)
		return
	}
	r.Map(len(params))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		r.BulkString(name)
		r.BulkString(params[name])
	}
}

// replyEvents replies with the names of events; none means all.
func replyEvents(r *wire.Reply, set aso.Handlers) {
	at, n := r.Defer(), 0
	for h := range sandbox.OnAttach {
		if set.Has(h) {
			r.BulkString(eventName(h))
			n++
		}
	}
	r.SetArray(at, n)
}

// asoRuleMatch explains which handlers a key has, in the order in which they run.
func asoRuleMatch(c *Call) error {
	all, err := c.Tx.Match(c.Arg(2))
	if err != nil {
		return err
	}
	c.replyAllActing(all)
	return nil
}

// replyAllActing replies with handlers that an object has or may have, and why.
func (c *Call) replyAllActing(all []aso.Match) {
	c.Reply.Array(len(all))
	for i := range all {
		c.replyActing(&all[i])
	}
}

func (c *Call) replyActing(m *aso.Match) {
	r := c.Reply
	r.Map(10)
	r.BulkString("applies")
	if m.Applies {
		r.Int(1)
	} else {
		r.Int(0)
	}
	replyText(r, "why", m.Why)
	r.BulkString("rule")
	if m.By == nil {
		r.Null()
	} else {
		r.BulkString(m.Rule)
	}
	r.BulkString("glob")
	if m.By == nil {
		r.Null()
	} else {
		r.BulkString(m.By.Glob)
	}
	r.BulkString("events")
	replyEvents(r, m.Events)
	c.replyHandler(&m.Attached)
}

// replyHandler replies with five pairs that tell of a handler of an object.
func (c *Call) replyHandler(a *aso.Attached) {
	r := c.Reply
	replyText(r, "name", a.Name)
	replyText(r, "version", a.Version)
	replyText(r, "alias", a.Alias)
	r.BulkString("params")
	c.replyParams(a.Name, a.Params)
	replyText(r, "mode", modeName(a.Observe))
}

package command

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"comet/aso"
	"comet/aso/value"
)

// Assignment is a parameter and the value that it is to get, as a client wrote them.
type Assignment struct{ Name, Value string }

var (
	errConfigImmutable = paramError("can't set immutable config")
	errConfigProtected = paramError("can't set protected config")
	errConfigDuplicate = paramError("duplicate parameter")
)

// UnknownParameterError is returned for a name that is no parameter's.
type UnknownParameterError string

func (e UnknownParameterError) Error() string { return "unknown parameter '" + string(e) + "'" }

// Set changes parameters at run time and tells those whom they concern: all of them or, with an error, none.
func (c *Config) Set(assignments []Assignment) error {
	c.changing.Lock()
	defer c.changing.Unlock()
	if err := checkAssignments(assignments); err != nil {
		return err
	}
	change := configChange{c: c}
	for _, a := range assignments {
		if err := change.assign(a); err != nil {
			change.undo()
			return &ParameterError{strings.ToLower(a.Name), err}
		}
	}
	return change.announce()
}

// checkAssignments returns what is wrong with the choice of parameters; values come later, as in Redis.
func checkAssignments(assignments []Assignment) error {
	for i, a := range assignments {
		name := strings.ToLower(a.Name)
		p := parametersByName[name]
		_, isFixed := fixed[name]
		var err error
		switch {
		case p == nil && !isFixed:
			return UnknownParameterError(a.Name)
		case fixed[name].immutable, p != nil && p.has(immutable):
			err = errConfigImmutable
		case p != nil && p.has(protected):
			err = errConfigProtected
		case slices.ContainsFunc(assignments[:i], func(b Assignment) bool { return strings.EqualFold(a.Name, b.Name) }):
			err = errConfigDuplicate
		}
		if err != nil {
			return &ParameterError{a.Name, err}
		}
	}
	return nil
}

// configChange is a change that can be taken back.
type configChange struct {
	c   *Config
	old []oldValue // of parameters in the order in which they were given
}

type oldValue struct {
	p *parameter
	v any
}

func (ch *configChange) assign(a Assignment) error {
	name := strings.ToLower(a.Name)
	p := parametersByName[name]
	if p == nil {
		return checkFixed(name, a.Value)
	}
	v, err := p.parse(ch.c, p.words(a.Value))
	if err != nil {
		return err
	}
	ch.old = append(ch.old, oldValue{p, p.field(ch.c).get()})
	p.field(ch.c).set(v)
	return nil
}

func (ch *configChange) undo() {
	for _, old := range slices.Backward(ch.old) { // a name and its alias are the same parameter
		old.p.field(ch.c).set(old.v)
	}
}

// announce tells those whom the change concerns. If one of them refuses, all hear that it is as before.
func (ch *configChange) announce() error {
	var concerned []*parameter // the first one of each concern
	for _, old := range ch.old {
		if !slices.ContainsFunc(concerned, func(p *parameter) bool { return p.concern == old.p.concern }) {
			concerned = append(concerned, old.p)
		}
	}
	for _, p := range concerned {
		if err := ch.tell(p.concern); err != nil {
			ch.undo()
			for _, p := range concerned {
				err = errors.Join(err, ch.tell(p.concern))
			}
			return &ParameterError{p.name, firstClientError(err)}
		}
	}
	return nil
}

func (ch *configChange) tell(concern Concern) error {
	for _, hook := range ch.c.hooks[concern] {
		if err := hook(); err != nil {
			return err
		}
	}
	return nil
}

func firstClientError(err error) error {
	var known aso.Error
	if errors.As(err, &known) {
		return known
	}
	return err
}

// Get returns the parameters that patterns name, with their values, each once: names in any case, or globs.
func (c *Config) Get(patterns []string) []Assignment {
	var found []Assignment
	seen := map[string]bool{}
	add := func(name, value string) {
		if !seen[strings.ToLower(name)] {
			seen[strings.ToLower(name)] = true
			found = append(found, Assignment{name, value})
		}
	}
	for _, pattern := range patterns {
		if !strings.ContainsAny(pattern, "*?[") {
			if text, ok := c.text(strings.ToLower(pattern)); ok {
				add(pattern, text)
			}
			continue
		}
		for _, name := range parameterNames {
			if value.Match([]byte(pattern), []byte(name), true) {
				text, _ := c.text(name)
				add(name, text)
			}
		}
	}
	return found
}

// text returns the value of the parameter called name.
func (c *Config) text(name string) (string, bool) {
	if p := parametersByName[name]; p != nil {
		return p.text(c), true
	}
	v, ok := fixed[name]
	return v.value, ok
}

// parameterNames are all names that CONFIG GET shows, in order.
var parameterNames = sortedParameterNames()

func sortedParameterNames() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(parametersByName)), maps.Keys(fixed))
	names = slices.DeleteFunc(names, func(name string) bool { return parametersByName[name] != nil && parametersByName[name].has(unlisted) })
	slices.Sort(names)
	return names
}

// Parameters returns all parameters but those of which Comet accepts one value only, in the order of the table.
func (c *Config) Parameters() []Assignment {
	var all []Assignment
	for i := range parameters {
		all = append(all, Assignment{parameters[i].name, parameters[i].text(c)})
	}
	return all
}

package aso

import "slices"

// Attached describes a handler on an object.
type Attached struct {
	Name, Version string
	Params        map[string]string
}

// Shown is what an object is besides its value.
type Shown struct {
	Handlers []Attached
	State    []byte // as the sandbox encodes it
	Timers   []Timer
}

// Show describes the object at key.
func (tx *Tx) Show(key []byte) (shown Shown, err error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return shown, err
	}
	codes := tx.ks.code.Load()
	for i := range s.attached {
		a := Attached{Version: s.attached[i].code.String(), Params: decodeParams(s.attached[i].params)}
		if c := codes.byID[s.attached[i].code]; c != nil {
			a.Name = c.Program.Name()
		}
		shown.Handlers = append(shown.Handlers, a)
	}
	shown.State = slices.Clone(s.state)
	shown.Timers, err = tx.Timers(key)
	return shown, err
}

// Attach puts the handler c with parameters on the object at key, which comes to be if it is not there, or changes the parameters and the
// version of the handler if one of that name is there. It reports whether the handler is new on the object.
func (tx *Tx) Attach(key []byte, c *Code, params map[string]string) (added bool, err error) {
	encoded := encodeParams(params)
	if _, err := c.paramsOf(encoded); err != nil {
		return false, err
	}
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return false, err
	}
	a := attachment{code: c.ID, params: encoded}
	if i := tx.attachedAs(&s, c.Program.Name()); i >= 0 {
		s.attached[i] = a
	} else if len(s.attached) >= maxAttached {
		return false, errAttached
	} else {
		s.attached = append(s.attached, a)
		added = true
	}
	tx.keepCode(c) // another version of the program may bring another source
	return added, tx.putSection(&e, key, &s)
}

// maxAttached is how many handlers an object may have.
const maxAttached = 16

const errAttached = Error("ASOQUOTA 16 handlers an object")

// attachedAs returns the index of the handler called name, or -1.
func (tx *Tx) attachedAs(s *section, name string) int {
	codes := tx.ks.code.Load()
	return slices.IndexFunc(s.attached, func(a attachment) bool {
		c := codes.byID[a.code]
		return c != nil && c.Program.Name() == name
	})
}

// Attached reports whether the object at key has a handler called name.
func (tx *Tx) Attached(key []byte, name string) (bool, error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	err := tx.section(&e, &s)
	return err == nil && tx.attachedAs(&s, name) >= 0, err
}

// Detach removes the handler called name, all if name is empty, from the object at key, and returns how many it removed. With the last
// handler go the state, unless keepState, and the timers.
func (tx *Tx) Detach(key []byte, name string, keepState bool) (removed int, err error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return 0, err
	}
	n := len(s.attached)
	if name == "" {
		s.attached = nil
	} else if i := tx.attachedAs(&s, name); i >= 0 {
		s.attached = slices.Delete(s.attached, i, i+1)
	}
	if removed = n - len(s.attached); removed == 0 {
		return 0, nil
	}
	if len(s.attached) == 0 {
		s.timers = nil
		if !keepState {
			s.state = nil
		}
	}
	return removed, tx.putSection(&e, key, &s)
}

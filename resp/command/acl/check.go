package acl

import (
	"bytes"
	"slices"

	"comet/aso/value"
)

// Reason is why a request is denied.
type Reason uint8

// The reasons, a later one says more about a request with several selectors.
const (
	Allowed Reason = iota
	DeniedCommand
	DeniedKey
	DeniedAuth // a wrong password
	DeniedChannel
)

// Request is what rights depend on.
type Request struct {
	Command  *Command
	Everyone bool // the command itself needs no right
	Args     [][]byte
	Keys     []Key
	Channels Channels
}

// Key is an argument that is a key.
type Key struct {
	Arg    int
	Access Access
}

// Channels are the arguments First to Last, if First is not 0: channels, or patterns of them, which then must be those of rules.
type Channels struct {
	First, Last int
	Patterns    bool
}

// Check returns whether the user may do what r asks for, and if the reason is a key or a channel, which argument it is. One selector has
// to allow all of it.
func (u *User) Check(r *Request) (reason Reason, arg int) {
	reason = DeniedCommand
	at := 0
	for _, s := range u.selectors {
		denied := s.check(r, &at)
		if denied == Allowed {
			return Allowed, 0
		}
		if denied > reason || denied == reason && at > arg {
			reason, arg = denied, at
		}
	}
	return reason, arg
}

func (s *selector) check(r *Request, at *int) Reason {
	if !s.anyCommand && !r.Everyone && !s.commands.has(r.Command) && !s.allowsFirstArg(r) {
		return DeniedCommand
	}
	if !s.allKeys {
		for _, k := range r.Keys {
			if !s.allowsKey(r.Args[k.Arg], k.Access) {
				*at = k.Arg
				return DeniedKey
			}
		}
	}
	if !s.allChannels && r.Channels.First > 0 {
		for i := r.Channels.First; i <= r.Channels.Last; i++ {
			if !s.allowsChannel(r.Args[i], r.Channels.Patterns) {
				*at = i
				return DeniedChannel
			}
		}
	}
	return Allowed
}

// MayReadAll reports whether one selector of the user allows what r asks for, and to read every key.
func (u *User) MayReadAll(r *Request) bool {
	at := 0
	return slices.ContainsFunc(u.selectors, func(s *selector) bool { return s.readsAll() && s.check(r, &at) == Allowed })
}

func (s *selector) readsAll() bool {
	return s.allKeys || slices.ContainsFunc(s.keys, func(p keyPattern) bool { return p.access&Read != 0 && string(p.pattern) == "*" })
}

func (s *selector) allowsFirstArg(r *Request) bool {
	if len(s.firstArgs) == 0 || len(r.Args) < 2 {
		return false
	}
	for _, arg := range s.firstArgs[r.Command.id] {
		if equalFold(arg, string(r.Args[1])) {
			return true
		}
	}
	return false
}

func (s *selector) allowsKey(key []byte, access Access) bool {
	for i := range s.keys {
		if p := &s.keys[i]; p.access&access == access && value.Match(p.pattern, key, false) {
			return true
		}
	}
	return false
}

func (s *selector) allowsChannel(channel []byte, isPattern bool) bool {
	for _, p := range s.channels {
		if isPattern && bytes.Equal(p, channel) || !isPattern && value.Match(p, channel, false) {
			return true
		}
	}
	return false
}

// MayListen reports whether a selector of the user allows to listen to a channel, or to a pattern of channels.
func (u *User) MayListen(channel []byte, isPattern bool) bool {
	for _, s := range u.selectors {
		if s.allChannels || s.allowsChannel(channel, isPattern) {
			return true
		}
	}
	return false
}

// KeepsChannels reports whether the user obviously may listen to all that old may listen to.
func (u *User) KeepsChannels(old *User) bool {
	for _, s := range u.selectors {
		if s.allChannels {
			return true
		}
	}
	for _, o := range old.selectors {
		if o.allChannels && len(o.channels) == 0 {
			return false
		}
		for _, c := range o.channels {
			if !u.MayListen(c, true) {
				return false
			}
		}
	}
	return true
}

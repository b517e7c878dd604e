package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// Grammar applies rules to users.
type Grammar struct {
	Table       *Table
	AllChannels bool // new users and selectors may use all channels
}

// sanitizing says how payloads of RESTORE are to be checked; it is kept and shown.
type sanitizing uint8

const (
	sanitizeUnset sanitizing = iota
	sanitizePayload
	skipSanitizing
)

// User is a set of rights. One that others can see is never changed.
type User struct {
	name      string
	enabled   bool
	noPass    bool
	sanitize  sanitizing
	passwords []string // SHA-256, in hexadecimal
	selectors []*selector
	free      bool // it may do everything
}

// NewUser returns a user that may do nothing, as one that was just created.
func (g Grammar) NewUser(name string) *User {
	return &User{name: name, selectors: []*selector{g.newSelector()}}
}

// DefaultUser returns what the user called default is unless rules say otherwise: it may do everything, without a password.
func (g Grammar) DefaultUser() *User {
	u := g.NewUser("default")
	root := u.root()
	root.setAllCommands(true)
	root.allKeys, root.allChannels = true, true
	u.enabled, u.noPass, u.free = true, true, true
	return u
}

// Nobody returns a user that may not even connect.
func (g Grammar) Nobody(name string) *User {
	u := g.NewUser(name)
	u.root().allChannels = false
	return u
}

// Clone returns a copy that can be changed.
func (u *User) Clone() *User {
	c := *u
	c.passwords = slices.Clone(u.passwords)
	c.selectors = make([]*selector, len(u.selectors))
	for i, s := range u.selectors {
		c.selectors[i] = s.clone()
	}
	return &c
}

// Name returns the name of the user.
func (u *User) Name() string { return u.name }

// Enabled reports whether clients may become this user.
func (u *User) Enabled() bool { return u.enabled }

// NoPass reports whether any password is right.
func (u *User) NoPass() bool { return u.noPass }

// Free reports whether the user may do everything.
func (u *User) Free() bool { return u.free }

func (u *User) root() *selector { return u.selectors[0] }

// Authenticates reports whether a client with this password may become the user. The time that it takes tells nothing of the passwords.
func (u *User) Authenticates(password []byte) bool {
	if !u.enabled {
		return false
	}
	if u.noPass {
		return true
	}
	hashed, found := []byte(hashOf(password)), 0
	for _, p := range u.passwords {
		found |= subtle.ConstantTimeCompare(hashed, []byte(p))
	}
	return found == 1
}

func hashOf(password []byte) string {
	sum := sha256.Sum256(password)
	return hex.EncodeToString(sum[:])
}

// SetPassword makes password the only one of u; with an empty one none is needed.
func (u *User) SetPassword(password string) {
	u.passwords, u.noPass = nil, password == ""
	if password != "" {
		u.passwords = []string{hashOf([]byte(password))}
	}
}

// Apply changes u by rules, in which selectors may be spread over several arguments. After an error, which is a *RuleError or a
// ParenthesisError, u is no longer of use.
func (g Grammar) Apply(u *User, args []string) error {
	if wrong := g.ApplyEach(u, args); len(wrong) > 0 {
		return wrong[0]
	}
	return nil
}

// ApplyEach is as Apply, and returns all that is wrong.
func (g Grammar) ApplyEach(u *User, args []string) (wrong []error) {
	rules, err := mergeSelectors(args)
	if err != nil {
		return []error{err}
	}
	for _, rule := range rules {
		if err := g.apply(u, rule); err != nil {
			var reason Error
			errors.As(err, &reason)
			wrong = append(wrong, &RuleError{rule, reason})
		}
	}
	u.free = slices.ContainsFunc(u.selectors, (*selector).free)
	return wrong
}

// mergeSelectors joins the words of each selector, from the one that begins with a parenthesis to the one that ends with one. As in Redis
// what stands between two that begin with one is dropped.
func mergeSelectors(args []string) (rules []string, err error) {
	open := -1
	for i, word := range args {
		switch {
		case strings.HasPrefix(word, "(") && !strings.HasSuffix(word, ")"):
			open = i
		case open < 0:
			rules = append(rules, word)
		case strings.HasSuffix(word, ")"):
			rules = append(rules, strings.Join(args[open:i+1], " "))
			open = -1
		}
	}
	if open >= 0 {
		return nil, ParenthesisError(args[open])
	}
	return rules, nil
}

func (g Grammar) apply(u *User, rule string) error {
	switch lower(rule) {
	case "":
	case "on":
		u.enabled = true
	case "off":
		u.enabled = false
	case "skip-sanitize-payload":
		u.sanitize = skipSanitizing
	case "sanitize-payload":
		u.sanitize = sanitizePayload
	case "nopass":
		u.noPass, u.passwords = true, nil
	case "resetpass":
		u.noPass, u.passwords = false, nil
	case "clearselectors":
		u.selectors = u.selectors[:1]
	case "reset":
		*u = *g.NewUser(u.name)
		u.sanitize = sanitizePayload
	default:
		return g.applyOther(u, rule)
	}
	return nil
}

// applyOther applies a rule that is not one fixed word, or one of the root selector.
func (g Grammar) applyOther(u *User, rule string) error {
	switch rule[0] {
	case '>':
		u.addPassword(hashOf([]byte(rule[1:])))
		return nil
	case '<':
		return u.removePassword(hashOf([]byte(rule[1:])))
	case '#', '!':
		return u.changeHash(rule[1:], rule[0] == '#')
	case '(':
		if strings.HasSuffix(rule, ")") {
			return g.addSelector(u, rule[1:len(rule)-1])
		}
	}
	return u.root().apply(g.Table, rule)
}

func (u *User) addPassword(hash string) {
	if !slices.Contains(u.passwords, hash) {
		u.passwords = append(u.passwords, hash)
	}
	u.noPass = false
}

func (u *User) removePassword(hash string) error {
	i := slices.Index(u.passwords, hash)
	if i < 0 {
		return errNoPassword
	}
	u.passwords = slices.Delete(u.passwords, i, i+1)
	return nil
}

func (u *User) changeHash(hash string, add bool) error {
	if len(hash) != 2*sha256.Size || strings.Trim(hash, "0123456789abcdef") != "" {
		return errPasswordHash
	}
	if !add {
		return u.removePassword(hash)
	}
	u.addPassword(hash)
	return nil
}

// addSelector adds a selector with the rules in text. What could not be read back is refused: a rule whose last byte seems to close the
// selector, and quotes, which Redis would take away.
func (g Grammar) addSelector(u *User, text string) error {
	if strings.ContainsAny(text, `"'`) {
		return errRuleSyntax
	}
	s := g.newSelector()
	for _, rule := range words(text) {
		if strings.HasSuffix(rule, ")") {
			return errRuleSyntax
		}
		if err := s.apply(g.Table, rule); err != nil {
			return err
		}
	}
	u.selectors = append(u.selectors, s)
	return nil
}

package command

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"comet/resp/command/acl"
)

// account is a user as sessions see it. Its rights may be replaced while clients are connected.
type account struct {
	name   string
	rights atomic.Pointer[acl.User] // never nil; of a user that was deleted, those of nobody
}

// accounts are the users.
type accounts struct {
	config *Config
	table  *acl.Table
	main   *account // called default, the one that clients are until they say otherwise; never removed
	denied aclLog

	changed func() // called when the rights of main have changed; may be nil

	mu     sync.RWMutex // guards byName, and is held while rights are replaced; a leaf lock
	byName map[string]*account
}

// newAccounts returns the users that config asks for, and gives the commands of t their places in the rules.
func newAccounts(config *Config, specs []Spec, t table) (*accounts, error) {
	rules, err := aclTable(specs)
	if err != nil {
		return nil, err
	}
	t.eachRow(func(cmd *Command) {
		if cmd.acl = rules.Command(cmd.full); cmd.acl == nil && err == nil {
			err = fmt.Errorf("command %q is not among those of ACL rules", cmd.full)
		}
	})
	if err != nil {
		return nil, err
	}
	a := &accounts{config: config, table: rules, byName: map[string]*account{}}
	a.main = a.putLocked(a.usualMain())
	return a, a.loadConfigured()
}

// grammar returns how rules are applied now.
func (a *accounts) grammar() acl.Grammar {
	return acl.Grammar{Table: a.table, AllChannels: a.config.PubsubDefault.Load() == "allchannels"}
}

// putLocked adds a user, or replaces its rights.
func (a *accounts) putLocked(u *acl.User) *account {
	acct := a.byName[u.Name()]
	if acct == nil {
		acct = &account{name: u.Name()}
		a.byName[acct.name] = acct
	}
	acct.rights.Store(u)
	return acct
}

// find returns the user called name, or nil.
func (a *accounts) find(name []byte) *account {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.byName[string(name)]
}

// all returns the users by name.
func (a *accounts) all() []*account {
	a.mu.RLock()
	defer a.mu.RUnlock()
	list := make([]*account, 0, len(a.byName))
	for _, name := range slices.Sorted(maps.Keys(a.byName)) {
		list = append(list, a.byName[name])
	}
	return list
}

// authenticate returns the user called name if the password is right, or nil.
func (a *accounts) authenticate(name, password []byte) *account {
	acct := a.find(name)
	if acct == nil || !acct.rights.Load().Authenticates(password) {
		return nil
	}
	return acct
}

// open reports whether clients may do what the default user may without a password.
func (a *accounts) open() bool {
	u := a.main.rights.Load()
	return u.NoPass() && u.Enabled()
}

// change applies rules to the user called name, which is made if there is none: all of them or, with an error, none. It returns the
// user and the rights before, nil for a new one.
func (a *accounts) change(name string, rules []string) (acct *account, before *acl.User, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.grammar()
	u := g.NewUser(name)
	if acct := a.byName[name]; acct != nil {
		before = acct.rights.Load()
		u = before.Clone()
	}
	if err := g.Apply(u, rules); err != nil {
		return nil, nil, err
	}
	return a.putLocked(u), before, nil
}

// remove deletes a user, whose clients have no rights from now on. It returns nil if there is none.
func (a *accounts) remove(name string) *account {
	a.mu.Lock()
	defer a.mu.Unlock()
	acct := a.byName[name]
	if acct != nil {
		delete(a.byName, name)
		acct.rights.Store(a.grammar().Nobody(name))
	}
	return acct
}

// replace puts users in the place of all there are, and returns those that are gone: all but the default one, as in Redis also where
// there is one of that name again.
func (a *accounts) replace(users map[string]*acl.User) (gone map[*account]bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	gone = map[*account]bool{}
	for _, acct := range a.byName {
		if acct != a.main {
			acct.rights.Store(a.grammar().Nobody(acct.name))
			gone[acct] = true
		}
	}
	a.byName = map[string]*account{a.main.name: a.main}
	if users[a.main.name] == nil {
		a.main.rights.Store(a.usualMain())
	}
	for _, u := range users {
		a.putLocked(u)
	}
	return gone
}

// usualMain returns what the default user is unless rules say otherwise. Redis forgets requirepass where it reads an ACL file without a
// default user, which opens the server to everybody.
func (a *accounts) usualMain() *acl.User {
	u := a.grammar().DefaultUser()
	u.SetPassword(a.config.RequirePass.Load())
	return u
}

// setMainPassword makes requirepass the password of the default user.
func (a *accounts) setMainPassword() {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.main.rights.Load().Clone()
	u.SetPassword(a.config.RequirePass.Load())
	a.main.rights.Store(u)
}

// configureAccess tells the users the password of the default one.
func (s *Server) configureAccess() error {
	s.accounts.setMainPassword()
	s.accounts.mainChanged()
	return nil
}

// mainChanged tells who wants to know that the rights of the default user have changed.
func (a *accounts) mainChanged() {
	if a.changed != nil {
		a.changed()
	}
}

// OnAccessChange lets fn be called when AllowsAnyone may have changed. It is called before the server starts.
func (s *Server) OnAccessChange(fn func()) { s.accounts.changed = fn }

// AllowsAnyone reports whether clients are served without a password, which protected-mode is about.
func (s *Server) AllowsAnyone() bool { return s.accounts.open() }

// becomes lets the client of ses be a user from now on.
func (ses *Session) becomes(acct *account) {
	ses.account.Store(acct)
	ses.authenticated = true
	ses.Conn.SetAuthenticated()
}

// startAs makes the client of ses what it is when it connects.
func (ses *Session) startAs(a *accounts) {
	ses.account.Store(a.main)
	ses.authenticated = a.open()
}

// isFree reports whether the client may do everything, which is what most may: it is asked before every command.
func (ses *Session) isFree() bool { return ses.account.Load().rights.Load().Free() }

// user returns the name of the client's user.
func (ses *Session) user() string { return ses.account.Load().name }

package aso

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
)

// userCounts counts, by CodeID and AliasID, the objects that have them in their sections. It changes with the records, so that rollback and
// replay keep it right.
type userCounts struct{ counts sync.Map }

func (u *userCounts) add(id [6]byte, n int64) {
	count, ok := u.counts.Load(id)
	if !ok {
		count, _ = u.counts.LoadOrStore(id, new(atomic.Int64))
	}
	count.(*atomic.Int64).Add(n)
}

func (u *userCounts) get(id [6]byte) int64 {
	if count, ok := u.counts.Load(id); ok {
		return count.(*atomic.Int64).Load()
	}
	return 0
}

// recount takes the users in the section before from the counts, and adds those in after.
func (u *userCounts) recount(before, after []byte) {
	if string(attachedPart(before)) == string(attachedPart(after)) {
		return
	}
	u.addSection(before, -1)
	u.addSection(after, 1)
}

func (u *userCounts) addSection(active []byte, n int64) {
	if active == nil {
		return
	}
	d := attachments(active)
	for left := d.uint(); left > 0 && d.err == nil; left-- {
		a := d.attachment()
		u.add(a.code, n)
		if a.alias != (AliasID{}) {
			u.add(a.alias, n)
		}
	}
}

// Users are what uses a version or an alias.
type Users struct {
	Objects        int64 // that have it, or ran it last
	Rules, Aliases int
}

func (u Users) any() bool { return u.Objects > 0 || u.Rules > 0 || u.Aliases > 0 }

// refusal is the error for what cannot go because u uses it.
func (u Users) refusal(what string) error {
	var by []string
	for _, n := range []struct {
		count     int64
		one, many string
	}{{u.Objects, "object", "objects"}, {int64(u.Rules), "rule", "rules"}, {int64(u.Aliases), "alias", "aliases"}} {
		switch {
		case n.count == 1:
			by = append(by, "1 "+n.one)
		case n.count > 1:
			by = append(by, fmt.Sprint(n.count, " ", n.many))
		}
	}
	return Failure("ASOINUSE", what+" is used by "+strings.Join(by, ", "))
}

// UsersOf returns the users of each of some versions.
func (ks *Keyspace) UsersOf(codes []*Code) map[CodeID]Users {
	users := make(map[CodeID]Users, len(codes))
	for _, c := range codes {
		users[c.ID] = Users{Objects: ks.users.get(c.ID)}
	}
	use := func(id CodeID, rules, aliases int) {
		if u, asked := users[id]; asked {
			u.Rules, u.Aliases = u.Rules+rules, u.Aliases+aliases
			users[id] = u
		}
	}
	followed := map[AliasID]bool{}
	ks.Rules(func(r *Rule) bool {
		if r.Target.alias == (AliasID{}) {
			use(r.Target.code, 1, 0)
		} else {
			followed[r.Target.alias] = true
		}
		return true
	})
	for id, a := range ks.code.Load().aliases {
		if a.Alias != Latest || followed[id] || ks.users.get(id) > 0 { // else nothing would notice
			use(a.Version, 0, 1)
		}
		if a.Share > 0 && a.Candidate != a.Version {
			use(a.Candidate, 0, 1)
		}
	}
	return users
}

// usersOfAlias returns the objects and rules that use an alias.
func (tx *Tx) usersOfAlias(a *Alias) Users {
	u := Users{Objects: tx.ks.users.get(a.id)}
	tx.ks.Rules(func(r *Rule) bool {
		if r.Target.alias == a.id {
			u.Rules++
		}
		return true
	})
	return u
}

// DropCode unloads the version that ref names, or all versions of a name, and returns how many. None goes while one of them is in use. The
// Tx holds all locks.
func (tx *Tx) DropCode(ref string) (int, error) {
	name, version, exact := strings.Cut(ref, "@")
	id, _ := parseVersion(version)
	var dropped []*Code
	for _, c := range tx.ks.Codes() {
		if c.Program.Name() == name && (!exact || c.ID == id) {
			dropped = append(dropped, c)
		}
	}
	if len(dropped) == 0 {
		return 0, errNoHandler(ref)
	}
	tx.finishFlush()
	users := tx.ks.UsersOf(dropped)
	for _, c := range dropped {
		if u := users[c.ID]; u.any() {
			return 0, u.refusal(c.Name())
		}
		if c.shipped {
			return 0, Error("ERR " + c.Name() + " comes with the server")
		}
	}
	for _, c := range dropped {
		if latest := tx.ks.code.Load().latest(name); latest.Version == c.ID {
			tx.freeLatest(name)
		}
		tx.replaceCode(tx.ks.code.Load().without(c))
		tx.effectDrop(c.ID)
	}
	return len(dropped), nil
}

func (tx *Tx) effectDrop(id CodeID) {
	tx.effectCommon(func(l *effectLog) {
		l.op(opDrop)
		l.buf = append(l.buf, id[:]...)
	})
}

// applyDrop unloads the version that an effect tells of.
func (tx *Tx) applyDrop(d *decoder, skip bool) error {
	t := tx.ks.code.Load()
	if c := t.byID[d.codeID()]; c != nil && d.err == nil && !skip {
		tx.ks.code.Store(t.without(c))
	}
	return d.err
}

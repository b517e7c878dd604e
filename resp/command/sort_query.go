package command

import (
	"bytes"

	"comet/aso"
)

const (
	errSortBy  = aso.Error("ERR BY option of SORT denied due to insufficient ACL permissions.")
	errSortGet = aso.Error("ERR GET option of SORT denied due to insufficient ACL permissions.")
)

// sortQuery is the options of SORT.
type sortQuery struct {
	desc, alpha   bool
	offset, limit int64        // a negative limit is all
	by            *sortPattern // what to sort by; nil is the elements themselves
	native        bool         // BY has no pattern: the order of the value stays
	get           []sortPattern
	store         int // argument of the destination, 0 without STORE
}

// sortOption is an option of SORT and how many arguments follow it.
type sortOption struct {
	name string
	args int
}

var sortOptions = []sortOption{{"ASC", 0}, {"DESC", 0}, {"ALPHA", 0}, {"LIMIT", 2}, {"STORE", 1}, {"BY", 1}, {"GET", 1}}

// eachSortOption calls fn for each option in the arguments of SORT, with its place, until one is none.
func eachSortOption(args [][]byte, fn func(name string, i int) error) error {
	for i := 2; i < len(args); {
		opt := sortOptionIn(args, i)
		if opt == nil {
			return errSyntax
		}
		if err := fn(opt.name, i); err != nil {
			return err
		}
		i += 1 + opt.args
	}
	return nil
}

func sortOptionIn(args [][]byte, i int) *sortOption {
	for n := range sortOptions {
		if opt := &sortOptions[n]; equalFold(args[i], opt.name) && i+opt.args < len(args) {
			return opt
		}
	}
	return nil
}

// sortQuery reads the options.
func (c *Call) sortQuery() (sortQuery, error) {
	q := sortQuery{limit: noLimit}
	err := eachSortOption(c.Args, func(name string, i int) error { return q.take(c, name, i) })
	return q, err
}

// take reads the option name, which is argument i.
func (q *sortQuery) take(c *Call, name string, i int) (err error) {
	switch name {
	case "ASC":
		q.desc = false
	case "DESC":
		q.desc = true
	case "ALPHA":
		q.alpha = true
	case "LIMIT":
		q.offset, q.limit, err = c.limit(i + 1)
	case "STORE":
		if c.Cmd.Name == "sort_ro" {
			return errSyntax
		}
		q.store = i + 1
	case "BY":
		p := newSortPattern(c.Arg(i + 1))
		q.by = &p
		if !p.star {
			q.native = true // for good: a later BY does not bring the sorting back
		} else if !c.maySortByOthers() {
			return errSortBy
		}
	case "GET":
		if !c.maySortByOthers() {
			return errSortGet
		}
		q.get = append(q.get, newSortPattern(c.Arg(i+1)))
	}
	return err
}

// maySortByOthers reports whether the client may read every key, and so those that BY and GET lead to.
func (c *Call) maySortByOthers() bool {
	acct := c.Session.account.Load()
	if acct == nil {
		return true
	}
	u, r := acct.rights.Load(), c.Cmd.aclRequest(nil, c.Args)
	return u.MayReadAll(&r)
}

// window returns which of n elements the limit leaves.
func (q *sortQuery) window(n int) (from, to int) {
	size := int64(n)
	start, count := min(max(q.offset, 0), size), size
	if q.limit >= 0 {
		count = min(q.limit, size-start)
	}
	return int(start), int(min(start+count, size))
}

// sortDestination returns the argument of SORT that is the key of STORE, 0 if there is none.
func sortDestination(args [][]byte) (at int) {
	for i := 2; i < len(args); i++ {
		if opt := sortOptionIn(args, i); opt != nil {
			if opt.name == "STORE" {
				at = i + 1
			}
			i += opt.args
		}
	}
	return at
}

// sortReadsOthers reports whether BY or GET lead SORT to other keys.
func sortReadsOthers(args [][]byte) bool {
	others := false
	eachSortPattern(args, func(*sortPattern) { others = true })
	return others
}

// sortLocks adds the partitions of the keys that BY and GET lead to: all, unless they have a hash tag.
func sortLocks(args [][]byte, l *aso.Locks) {
	eachSortPattern(args, func(p *sortPattern) {
		if _, tag, ok := bytes.Cut(p.prefix, []byte("{")); ok && bytes.IndexByte(tag, '}') > 0 {
			l.Add(p.prefix)
			return
		}
		l.AddAll()
	})
}

// eachSortPattern calls fn for each pattern of SORT that leads to other keys.
func eachSortPattern(args [][]byte, fn func(p *sortPattern)) {
	_ = eachSortOption(args, func(name string, i int) error { // after an error SORT does nothing
		if name == "BY" || name == "GET" {
			if p := newSortPattern(args[i+1]); p.star {
				fn(&p)
			}
		}
		return nil
	})
}

package oracletest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Differ runs sequences of commands on two servers and compares the replies, the keyspace notifications, and what is kept at the end.
// It is not safe for concurrent use.
type Differ struct {
	a, b    *side
	blocked [connections]*Sent  // what each client waits for
	queued  [connections][]rule // of the commands of its transaction
	soon    [connections]bool   // what is queued may leave a key that expires soon
	look    func(Frame) Frame   // at replies of the sequence
	heard   rule                // of its notifications
	lapses  bool                // a key expires unnoticed: what finds that out, and says so, is not specified
}

// side is the connections to one server.
type side struct {
	admin, observer *conn
	clients         [connections]*conn
}

// Difference is where two servers answered differently.
type Difference struct {
	Steps []Sent // up to the one that differs
	Proto int
	About string // of which reply
	A, B  Frame
}

// NewDiffer connects to two servers, which must not be used by anyone else.
func NewDiffer(a, b string) (*Differ, error) {
	one, err := newSide(a)
	if err != nil {
		return nil, err
	}
	other, err := newSide(b)
	if err != nil {
		return nil, errors.Join(err, one.close())
	}
	return &Differ{a: one, b: other}, nil
}

// Close closes the connections.
func (d *Differ) Close() error { return errors.Join(d.a.close(), d.b.close()) }

func newSide(addr string) (s *side, err error) {
	s = &side{}
	conns := []**conn{&s.admin, &s.observer}
	for i := range s.clients {
		conns = append(conns, &s.clients[i])
	}
	for _, c := range conns {
		if *c, err = dial(addr, 2); err != nil {
			return nil, err
		}
	}
	if f, err := s.admin.call("DEBUG", "SET-ACTIVE-EXPIRE", "0"); err != nil || f.Kind == Error {
		return nil, fmt.Errorf("DEBUG: %s %w", f, err)
	}
	_, err = s.observer.call("PSUBSCRIBE", "*")
	return s, err
}

func (s *side) close() error {
	err := errors.Join(s.admin.net.Close(), s.observer.net.Close())
	for _, c := range s.clients {
		err = errors.Join(err, c.net.Close())
	}
	return err
}

// reset empties the server and gives the clients a fresh state in a protocol.
func (s *side) reset(proto int) error {
	for _, c := range s.clients {
		if _, err := s.admin.call("CLIENT", "UNBLOCK", c.id); err != nil {
			return err
		}
		for _, words := range [][]string{{"RESET"}, {"HELLO", fmt.Sprint(proto)}} {
			f, err := c.call(words...)
			for err == nil && words[0] == "RESET" && f.Text != "RESET" { // a reply that nobody read
				f, err = c.read()
			}
			if err != nil || f.Kind == Error {
				return fmt.Errorf("%s: %s %w", words, f, err)
			}
		}
	}
	for _, words := range [][]string{{"FLUSHALL"}, defaultLimits} {
		if f, err := s.admin.call(words...); err != nil || f.Kind == Error {
			return fmt.Errorf("%s: %s %w", words, f, err)
		}
	}
	_, err := s.told()
	return err
}

// told returns what the observer got until now.
func (s *side) told() (Frame, error) {
	const end = "oracletest: end of messages"
	all := Frame{Kind: Replies}
	if _, err := s.admin.call("PUBLISH", end, ""); err != nil {
		return all, err
	}
	for {
		f, err := s.observer.read()
		if err != nil || f.Kind == Disconnect {
			return all, fmt.Errorf("observer: %s %w", f, err)
		}
		if len(f.Items) == 4 && f.Items[2].Text == end {
			return all, nil
		}
		all.Items = append(all.Items, f)
	}
}

// Run runs a sequence in a protocol on empty servers and returns the first difference, nil if there is none.
func (d *Differ) Run(proto int, steps []Sent) (*Difference, error) {
	if err := errors.Join(d.a.reset(proto), d.b.reset(proto)); err != nil {
		return nil, err
	}
	d.blocked, d.queued, d.soon = [connections]*Sent{}, [connections][]rule{}, [connections]bool{}
	d.look, d.heard, d.lapses = sharp, exact, false
	for _, step := range steps {
		d.lapses = d.lapses || expiresSoon(step.Words)
		for i, word := range step.Words { // the command may be that of a script; SORT looks for the keys of BY and GET in the order of a hash table
			if reencodes[strings.ToUpper(word)] {
				d.look = blurred
			}
			if !isSort(step.Words[i:]) {
				continue
			}
			if d.heard = max(d.heard, unsorted); ordersByChance(step.Words[i:]) {
				d.heard = chance
			}
		}
	}
	for i, step := range steps {
		found, err := d.free(step.Conn)
		if found == nil && err == nil {
			found, err = d.step(step)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", Line(step.Words), err)
		}
		if found != nil && byErrno(found.A) && rangeError(steps[:i+1]) {
			return nil, nil
		}
		if found != nil {
			found.Steps, found.Proto = steps[:i+1], proto
			return found, nil
		}
	}
	found, err := d.end()
	if found != nil {
		found.Steps, found.Proto = steps, proto
	}
	return found, err
}

// step sends a command to both servers and compares the replies. If there are none, the client is blocked, and goes on when it is used again.
func (d *Differ) step(step Sent) (*Difference, error) {
	words, err := d.withDumps(step.Words)
	if err != nil {
		return nil, err
	}
	for _, s := range []*side{d.a, d.b} {
		if err := s.clients[step.Conn].send(words...); err != nil {
			return nil, err
		}
	}
	for _, s := range []*side{d.a, d.b} {
		blocked, err := s.clients[step.Conn].settled(s.admin)
		if err != nil {
			return nil, err
		}
		if blocked {
			d.blocked[step.Conn] = &step
		}
	}
	if d.blocked[step.Conn] != nil {
		return nil, nil
	}
	return d.compare(step)
}

// free ends the wait of a client, if it still waits, and compares the replies that it gets.
func (d *Differ) free(conn int) (*Difference, error) {
	step := d.blocked[conn]
	if step == nil {
		return nil, nil
	}
	d.blocked[conn] = nil
	return d.compare(*step)
}

// compare reads the replies to a command and compares them.
func (d *Differ) compare(step Sent) (*Difference, error) {
	a, err := d.a.reply(step.Conn)
	if err != nil {
		return nil, err
	}
	b, err := d.b.reply(step.Conn)
	if err != nil {
		return nil, err
	}
	if a, b = d.look(a), d.look(b); !sameReply(step, &d.queued[step.Conn], a, b) {
		return &Difference{About: "reply", A: a, B: b}, nil
	}
	if after := forgets(step.Words); after != nil {
		return d.step(Sent{step.Conn, after})
	}
	d.soon[step.Conn] = d.soon[step.Conn] || expiresSoon(step.Words)
	if queued := len(d.queued[step.Conn]) > 0; queued || !d.soon[step.Conn] {
		return nil, nil
	}
	d.soon[step.Conn] = false
	return nil, d.both("DEBUG", "SLEEP", "0.009")
}

// both sends a command, which must not fail, to both servers.
func (d *Differ) both(words ...string) error {
	for _, s := range []*side{d.a, d.b} {
		if err := s.admin.send(words...); err != nil {
			return err
		}
	}
	for _, s := range []*side{d.a, d.b} {
		if f, err := s.admin.read(); err != nil || f.Kind == Error {
			return fmt.Errorf("%s: %s %w", words, f, err)
		}
	}
	return nil
}

// The words that stand for what one of the servers, the real or ours, dumps of the key that follows.
const (
	dumpOfA = "<dump of the real "
	dumpOfB = "<dump of our "
)

// withDumps returns the words with the dumps that they are to contain. Both servers are asked, for the question may let a key expire.
func (d *Differ) withDumps(words []string) ([]string, error) {
	words = slices.Clone(words)
	for i, word := range words {
		var dumps [2]Frame
		key, real := strings.CutPrefix(word, dumpOfA)
		if !real {
			var ours bool
			if key, ours = strings.CutPrefix(word, dumpOfB); !ours {
				continue
			}
		}
		for n, s := range []*side{d.a, d.b} {
			scores, err := s.admin.call("ZRANGE", key, "0", "-1", "WITHSCORES")
			if err != nil {
				return nil, err
			}
			if slices.Contains(scores.texts(), "-0") {
				continue // docs/compat.md says what becomes of it
			}
			if dumps[n], err = s.admin.call("DUMP", key); err != nil {
				return nil, err
			}
		}
		words[i] = dumps[0].Text
		if !real {
			words[i] = dumps[1].Text
		}
	}
	return words, nil
}

// end frees the clients and compares what is not in replies.
func (d *Differ) end() (*Difference, error) {
	for conn := range d.blocked {
		if found, err := d.free(conn); found != nil || err != nil {
			return found, err
		}
	}
	return d.compareRest()
}

// sameReply compares replies; those of a transaction each after the rule of its command.
func sameReply(step Sent, queued *[]rule, a, b Frame) bool {
	if a.Kind == Status && a.Text == "QUEUED" && b.Text == a.Text {
		*queued = append(*queued, ruleOf(step.Words))
		return true
	}
	rules := *queued
	switch strings.ToUpper(step.Words[0]) {
	case "EXEC", "DISCARD":
		*queued = nil
	}
	if strings.EqualFold(step.Words[0], "EXEC") && a.Kind == Array && b.Kind == Array {
		if len(a.Items) != len(b.Items) || len(a.Items) != len(rules) {
			return false
		}
		for i, r := range rules {
			if !r.same(a.Items[i], b.Items[i]) {
				return false
			}
		}
		return true
	}
	return ruleOf(step.Words).same(a, b)
}

// reply reads a reply; a client that is blocked is freed.
func (s *side) reply(n int) (Frame, error) {
	c := s.clients[n]
	blocked, err := c.settled(s.admin)
	if blocked && err == nil {
		_, err = s.admin.call("CLIENT", "UNBLOCK", c.id)
	}
	if err != nil {
		return Frame{}, err
	}
	return c.read()
}

// compareRest compares what was told of the keys, and what they hold.
func (d *Differ) compareRest() (*Difference, error) {
	a, err := d.a.told()
	if err != nil {
		return nil, err
	}
	b, err := d.b.told()
	if err != nil {
		return nil, err
	}
	if d.lapses {
		a.Items, b.Items = slices.DeleteFunc(a.Items, tellsOfExistence), slices.DeleteFunc(b.Items, tellsOfExistence)
	}
	if !d.heard.same(a, b) {
		return &Difference{About: "notifications", A: a, B: b}, nil
	}
	if a, err = d.a.kept(); err != nil {
		return nil, err
	}
	if b, err = d.b.kept(); err != nil {
		return nil, err
	}
	a, b = d.look(a), d.look(b)
	if !exact.same(a, b) {
		return &Difference{About: "what is kept", A: a, B: b}, nil
	}
	return d.compareDumps()
}

// compareDumps lets each server restore what the other dumps of the keys of the first database, and compares the digests.
func (d *Differ) compareDumps() (*Difference, error) {
	const restored = "oracletest: restored"
	keys, err := d.a.admin.call("KEYS", "*")
	if err != nil {
		return nil, err
	}
	for _, key := range keys.Items {
		scores, err := d.a.admin.call("ZRANGE", key.Text, "0", "-1", "WITHSCORES")
		if err != nil {
			return nil, err
		}
		if slices.Contains(scores.texts(), "-0") {
			continue // docs/compat.md says what becomes of it
		}
		for _, way := range [][2]*side{{d.a, d.b}, {d.b, d.a}} {
			from, to := way[0].admin, way[1].admin
			dump, err := from.call("DUMP", key.Text)
			if err != nil {
				return nil, err
			}
			if reply, err := to.call("RESTORE", restored, "0", dump.Text, "REPLACE"); err != nil || reply.Kind == Error {
				return &Difference{About: "restored dump of " + key.Text, A: dump, B: reply}, err
			}
			if _, err := from.call("PERSIST", key.Text); err != nil { // a dump does not tell when the key expires
				return nil, err
			}
			digest := [2]Frame{}
			if digest[0], err = from.call("DEBUG", "DIGEST-VALUE", key.Text); err != nil {
				return nil, err
			}
			if digest[1], err = to.call("DEBUG", "DIGEST-VALUE", restored); err != nil {
				return nil, err
			}
			if !exact.same(digest[0], digest[1]) {
				return &Difference{About: "digest of the restored dump of " + key.Text, A: digest[0], B: digest[1]}, nil
			}
		}
	}
	return nil, nil
}

// kept returns all keys of the first databases, their types, encodings and values.
func (s *side) kept() (Frame, error) {
	all := Frame{Kind: Replies}
	for db := range 3 {
		if _, err := s.admin.call("SELECT", fmt.Sprint(db)); err != nil {
			return all, err
		}
		keys, err := s.admin.call("KEYS", "*")
		if err != nil {
			return all, err
		}
		for _, key := range keys.sorted(1).Items {
			value, err := s.value(key.Text)
			if err != nil {
				return all, err
			}
			all.Items = append(all.Items, key, value)
		}
	}
	_, err := s.admin.call("SELECT", "0")
	return all, err
}

var readers = map[string]struct {
	words []string // with the key after the first
	rule  int      // elements that belong together if the order is free
}{
	"string": {[]string{"GET"}, 0},
	"list":   {[]string{"LRANGE", "0", "-1"}, 0},
	"hash":   {[]string{"HGETALL"}, 2},
	"set":    {[]string{"SMEMBERS"}, 1},
	"zset":   {[]string{"ZRANGE", "0", "-1", "WITHSCORES"}, 0},
	"stream": {[]string{"XRANGE", "-", "+"}, 0},
}

// value returns type, encoding and value of a key.
func (s *side) value(key string) (Frame, error) {
	all := Frame{Kind: Array}
	kind, err := s.admin.call("TYPE", key)
	if err != nil {
		return all, err
	}
	encoding, err := s.admin.call("OBJECT", "ENCODING", key)
	if err != nil {
		return all, err
	}
	digest, err := s.admin.call("DEBUG", "DIGEST-VALUE", key) // it also tells whether the key will expire
	if err != nil {
		return all, err
	}
	all.Items = append(all.Items, kind, encoding, digest)
	if read, ok := readers[kind.Text]; ok {
		value, err := s.admin.call(append([]string{read.words[0], key}, read.words[1:]...)...)
		if err != nil {
			return all, err
		}
		if read.rule > 0 {
			value = value.sorted(read.rule)
		}
		all.Items = append(all.Items, value)
	}
	return all, nil
}

// Line writes a command as it stands in a script.
func Line(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		if quoted[i] = word; word == "" || strings.Trim(quote(word), `"`) != word || strings.ContainsAny(word, " '<") {
			quoted[i] = quote(word)
		}
	}
	return strings.Join(quoted, " ")
}

// String writes the commands and the replies that differ, as a section of a script begins.
func (d *Difference) String() string {
	var b strings.Builder
	for _, step := range d.Steps {
		if step.Conn > 0 {
			b.WriteString("@" + string(rune('a'+step.Conn)) + " ")
		}
		b.WriteString(Line(step.Words) + "\n")
	}
	fmt.Fprintf(&b, "  %d: %s\n  ours: %s\n(%s)", d.Proto, d.A.lines("  ", true), d.B.lines("  ", true), d.About)
	return b.String()
}

// Key tells differences apart: those with the same last command and the same kinds of replies are taken for one.
func (d *Difference) Key() string {
	last := strings.ToUpper(d.Steps[len(d.Steps)-1].Words[0])
	return strings.Join([]string{last, d.About, string(d.A.Kind), string(d.B.Kind)}, " ")
}

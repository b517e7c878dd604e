package oracletest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Runner sends sections to one server. It is not safe for concurrent use.
type Runner struct {
	addr  string
	admin *conn            // resets the server and looks at clients
	conns map[string]*conn // of the running section
	saved []parameter      // configuration before the section changed it, the oldest first
	resp  int
}

// parameter is a name and a value of the configuration. Two names may be aliases,
// so parameters are restored in reverse order.
type parameter struct{ name, value string }

// NewRunner connects to a server, which must not be used by anyone else.
func NewRunner(addr string) (*Runner, error) {
	admin, err := dial(addr, 2)
	if err != nil {
		return nil, err
	}
	return &Runner{addr: addr, admin: admin}, nil
}

// Close closes the connection to the server.
func (r *Runner) Close() error { return r.admin.net.Close() }

// Run plays a section in one protocol and calls each with the reply of every
// step. It stops at the first error, which is never a mere difference in replies.
func (r *Runner) Run(s *Section, resp int, each func(*Step, Frame)) (err error) {
	r.conns, r.saved, r.resp = map[string]*conn{}, nil, resp
	defer func() { err = errors.Join(err, r.reset()) }()
	for _, step := range s.Steps {
		got, err := r.step(step)
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", step.Line, step.Text, err)
		}
		each(step, got)
	}
	return nil
}

// reset closes the section's connections and undoes what it did to the server.
func (r *Runner) reset() error {
	var failed []error
	for _, c := range r.conns {
		failed = append(failed, r.closeConn(c))
	}
	r.conns = nil
	if _, err := r.admin.call("CLIENT", "UNPAUSE"); err != nil {
		failed = append(failed, err)
	}
	failed = append(failed, r.resetUsers())
	for _, p := range slices.Backward(r.saved) {
		_, err := r.admin.call("CONFIG", "SET", p.name, p.value)
		failed = append(failed, err)
	}
	if f, err := r.admin.call("FLUSHALL"); err != nil || f.Kind == Error {
		failed = append(failed, fmt.Errorf("FLUSHALL: %s %w", f, err))
	}
	return errors.Join(failed...)
}

// resetUsers deletes all users but the default one, which can do everything again, and what is in ACL LOG.
func (r *Runner) resetUsers() error {
	users, err := r.admin.call("ACL", "USERS")
	if err != nil {
		return err
	}
	steps := [][]string{{"ACL", "SETUSER", "default", "on", "nopass", "+@all", "~*", "&*", "clearselectors"}, {"ACL", "LOG", "RESET"}}
	for _, user := range users.Items {
		if user.Text != "default" {
			steps = append(steps, []string{"ACL", "DELUSER", user.Text})
		}
	}
	for _, words := range steps {
		if f, err := r.admin.call(words...); err != nil || f.Kind == Error {
			return fmt.Errorf("%s: %s %w", words, f, err)
		}
	}
	return nil
}

func (r *Runner) step(s *Step) (Frame, error) {
	if s.Op == Wait {
		<-time.After(s.Wait)
		return Frame{}, nil
	}
	c, err := r.conn(s.Conn)
	if err != nil {
		return Frame{}, err
	}
	switch s.Op {
	case Read:
		return c.read()
	case ReadAll:
		return c.drain()
	case Raw:
		return r.raw(c, s)
	case Close:
		delete(r.conns, s.Conn)
		return Frame{}, r.closeConn(c)
	}
	return r.command(c, s)
}

func (r *Runner) raw(c *conn, s *Step) (Frame, error) {
	words, err := r.expandWords([]string{s.Bytes}, 1)
	if err != nil {
		return Frame{}, err
	}
	if err := c.write([]byte(words[0])); err != nil {
		return Frame{}, err
	}
	return c.read()
}

func (r *Runner) command(c *conn, s *Step) (got Frame, err error) {
	for i := range max(1, s.Mod.Times) {
		words, err := r.expandWords(s.Words, i+1)
		if err != nil {
			return Frame{}, err
		}
		if err := r.saveConfig(words); err != nil {
			return Frame{}, err
		}
		if s.Op != Call {
			if err := c.send(words...); err != nil {
				return Frame{}, err
			}
			continue
		}
		if got, err = c.call(words...); err != nil {
			return Frame{}, err
		}
	}
	if s.Op == SendWait {
		_, err = c.settled(r.admin)
	}
	return got, err
}

func (r *Runner) conn(name string) (*conn, error) {
	if c, ok := r.conns[name]; ok {
		return c, nil
	}
	c, err := dial(r.addr, r.resp)
	if err == nil {
		r.conns[name] = c
	}
	return c, err
}

func (r *Runner) expandWords(words []string, i int) ([]string, error) {
	out := make([]string, len(words))
	for n, w := range words {
		var err error
		if out[n], err = expand(w, func(name string) (string, error) { return r.lookup(name, i) }); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lookup gives the value of a placeholder.
func (r *Runner) lookup(name string, i int) (string, error) {
	switch name {
	case "i":
		return strconv.Itoa(i), nil
	case "now":
		return strconv.FormatInt(time.Now().Unix(), 10), nil
	case "nowms":
		return strconv.FormatInt(time.Now().UnixMilli(), 10), nil
	}
	what, of, _ := strings.Cut(name, ":")
	c, err := r.conn(of)
	if err != nil {
		return "", err
	}
	if what == "addr" {
		return c.net.LocalAddr().String(), nil
	}
	return c.id, nil
}

// saveConfig remembers the parameters that a CONFIG SET is about to change.
func (r *Runner) saveConfig(words []string) error {
	if len(words) < 4 || !strings.EqualFold(words[0], "config") || !strings.EqualFold(words[1], "set") {
		return nil
	}
	for i := 2; i < len(words); i += 2 {
		name := strings.ToLower(words[i])
		if slices.ContainsFunc(r.saved, func(p parameter) bool { return p.name == name }) {
			continue
		}
		f, err := r.admin.call("CONFIG", "GET", name)
		if err != nil {
			return err
		}
		if len(f.Items) == 2 && f.Items[0].Text == name {
			r.saved = append(r.saved, parameter{name, f.Items[1].Text})
		}
	}
	return nil
}

// closeConn closes a connection and waits until the server no longer lists it,
// so that what the closing changes has happened.
func (r *Runner) closeConn(c *conn) error {
	if err := c.net.Close(); err != nil || c.id == "" {
		return err
	}
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	for deadline := time.Now().Add(replyTimeout); time.Now().Before(deadline); <-tick.C {
		if line, err := r.admin.clientLine(c.id); err != nil || line == "" {
			return nil // a server without CLIENT LIST cannot tell; reset finds a broken one
		}
	}
	return fmt.Errorf("client %s is still listed after it closed its connection", c.id)
}

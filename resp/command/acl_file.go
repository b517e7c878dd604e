package command

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"comet/aso"
	"comet/resp/command/acl"
)

const (
	errNoACLFile = aso.Error("ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the " +
		"ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users " +
		"in the Redis configuration.")
	errACLSave = aso.Error("ERR There was an error trying to save the ACLs. Please check the server logs for more information")
)

// loadConfigured makes the users of the configuration file or of the ACL file, before the server starts.
func (a *accounts) loadConfigured() error {
	path, lines := a.config.ACLFile.Load(), a.config.users
	switch {
	case path != "" && len(lines) > 0:
		return errors.New("aclfile and user: users stand in an ACL file or in the configuration file, not in both")
	case path != "":
		users, err := a.readFile(path)
		if err == nil {
			a.replace(users)
		}
		return err
	}
	seen := map[string]bool{}
	for _, line := range lines {
		name := line.words[0]
		if seen[name] {
			return fmt.Errorf("%s: user %q is there twice", line.where, name)
		}
		seen[name] = true
		u, err := a.parse(name, line.words[1:])
		if err != nil {
			return fmt.Errorf("%s: user %q: %w", line.where, name, err)
		}
		if !u.Enabled() {
			slog.Warn("a user of the configuration is disabled, because there is no 'on' in its rules", "user", name)
		}
		a.putLocked(u)
	}
	return nil
}

// parse returns the user that rules make.
func (a *accounts) parse(name string, rules []string) (*acl.User, error) {
	if hasSpace(name) {
		return nil, errors.New("a name cannot contain spaces")
	}
	g := a.grammar()
	u := g.NewUser(name)
	return u, g.Apply(u, rules)
}

// hasSpace reports whether name could not be written into a line of an ACL file.
func hasSpace(name string) bool { return strings.ContainsAny(name, " \t\n\v\f\r\x00") }

// readFile returns the users in the ACL file at path. The error says all that is wrong with it, in one line.
func (a *accounts) readFile(path string) (map[string]*acl.User, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, aso.Error("Error loading ACLs, opening file '" + path + "': " + systemError(err))
	}
	users, wrong := map[string]*acl.User{}, ""
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.Trim(line, " \t\r\n")
		if line == "" {
			continue
		}
		wrong += a.readLine(users, fmt.Sprintf("%s:%d", path, i+1), strings.Split(line, " "))
	}
	if wrong != "" {
		return nil, aso.Error(wrong + "WARNING: ACL errors detected, no change to the previously active ACL rules was performed")
	}
	return users, nil
}

// systemError returns what the system says of a file, in the words of C programs.
func systemError(err error) string {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// readLine adds the user that the words of a line make, and returns what is wrong with it, in the words of Redis.
func (a *accounts) readLine(users map[string]*acl.User, where string, words []string) (wrong string) {
	if words[0] != "user" || len(words) < 2 {
		return where + " should start with user keyword followed by the username. "
	}
	name := words[1]
	if users[name] != nil {
		return fmt.Sprintf("WARNING: Duplicate user '%s' found on line %s. ", name, where[strings.LastIndexByte(where, ':')+1:])
	}
	if hasSpace(name) {
		return fmt.Sprintf("'%s: username '%s' contains invalid characters. ", where, name)
	}
	g := a.grammar()
	users[name] = g.NewUser(name)
	return ruleErrors(where, g.ApplyEach(users[name], words[2:]))
}

// ruleErrors returns what is wrong with the rules of a line: names that there are not, and the first of other errors.
func ruleErrors(where string, errs []error) (wrong string) {
	other := false
	for _, err := range errs {
		var rule *acl.RuleError
		switch {
		case !errors.As(err, &rule):
			wrong += where + ": Unmatched parenthesis in selector definition."
		case rule.NamesNothing():
			wrong += where + ": Error in applying operation '" + rule.Rule + "': " + rule.Reason.Error() + ". "
		case !other:
			wrong += where + ": " + rule.Reason.Error() + ". "
			other = true
		}
	}
	return wrong
}

// aclLoad puts the users of the ACL file in the place of all there are.
func aclLoad(c *Call) error {
	a := c.Server.accounts
	path := a.config.ACLFile.Load()
	if path == "" {
		return errNoACLFile
	}
	users, err := a.readFile(path)
	if err != nil {
		return aso.Error("ERR " + err.Error())
	}
	gone := a.replace(users)
	a.mainChanged()
	c.disconnectUsers(gone)
	c.OK()
	return nil
}

// aclSave writes the users to the ACL file.
func aclSave(c *Call) error {
	a := c.Server.accounts
	path := a.config.ACLFile.Load()
	if path == "" {
		return errNoACLFile
	}
	if err := replaceFile(path, []byte(strings.Join(a.lines(), "\n")+"\n")); err != nil {
		slog.Error("users not saved", "error", err)
		return errACLSave
	}
	c.OK()
	return nil
}

// userLines returns the users as lines of a configuration file: none if they stand in a file of their own, and not the default one if
// the other parameters say it all.
func (a *accounts) userLines() (lines []string) {
	if a.config.ACLFile.Load() != "" {
		return nil
	}
	usual := a.table.Line(a.usualMain())
	for _, line := range a.lines() {
		if line != usual {
			lines = append(lines, line)
		}
	}
	return lines
}

package acl

import "strings"

// SelectorText is a selector as rules.
type SelectorText struct{ Commands, Keys, Channels string }

// Flags returns the words that ACL GETUSER shows as flags.
func (u *User) Flags() []string {
	flags := []string{"off"}
	if u.enabled {
		flags[0] = "on"
	}
	if u.noPass {
		flags = append(flags, "nopass")
	}
	switch u.sanitize {
	case skipSanitizing:
		flags = append(flags, "skip-sanitize-payload")
	case sanitizePayload:
		flags = append(flags, "sanitize-payload")
	}
	return flags
}

// Passwords returns the SHA-256 of the passwords, in hexadecimal.
func (u *User) Passwords() []string { return u.passwords }

// Selectors returns the selectors as rules, the root first.
func (t *Table) Selectors(u *User) []SelectorText {
	texts := make([]SelectorText, len(u.selectors))
	for i, s := range u.selectors {
		texts[i] = SelectorText{Commands: t.commandRules(s), Keys: s.keyRules(), Channels: s.channelRules()}
	}
	return texts
}

// Line returns the user as a line of an ACL file: user, the name and the rules that make it.
func (t *Table) Line(u *User) string {
	line := append([]string{"user", u.name}, u.Flags()...)
	for _, p := range u.passwords {
		line = append(line, "#"+p)
	}
	for i, text := range t.Selectors(u) {
		rules := text.rules(u.selectors[i].allChannels)
		if i > 0 {
			rules = "(" + rules + ")"
		}
		line = append(line, rules)
	}
	return strings.Join(line, " ")
}

func (text *SelectorText) rules(allChannels bool) string {
	var rules []string
	if text.Keys != "" {
		rules = append(rules, text.Keys)
	}
	if !allChannels {
		rules = append(rules, "resetchannels")
	}
	if text.Channels != "" {
		rules = append(rules, text.Channels)
	}
	return strings.Join(append(rules, text.Commands), " ")
}

func (s *selector) keyRules() string {
	if s.allKeys {
		return "~*"
	}
	prefixes := map[Access]string{Read | Write: "~", Read: "%R~", Write: "%W~"}
	rules := make([]string, len(s.keys))
	for i, k := range s.keys {
		rules[i] = prefixes[k.access] + string(k.pattern)
	}
	return strings.Join(rules, " ")
}

func (s *selector) channelRules() string {
	if s.allChannels {
		return "&*"
	}
	rules := make([]string, len(s.channels))
	for i, c := range s.channels {
		rules[i] = "&" + string(c)
	}
	return strings.Join(rules, " ")
}

// describer finds rules that make the commands of a selector.
type describer struct {
	t     *Table
	s     *selector
	add   bool // from -@all on, adding
	made  bits // what the rules so far make
	rest  bits // what of the selector no category has covered yet
	rules []string
}

// commandRules returns rules that make the commands of s, which need not be those it was made with. They are the ones that Redis 7.0
// finds: categories that fit best, and then what single commands differ in. Our own commands do not change which of its categories fit.
func (t *Table) commandRules(s *selector) string {
	d := &describer{t: t, s: s, add: !s.allCommands, made: t.noBits(), rest: append(bits(nil), s.commands...)}
	d.made.setAll(!d.add)
	d.rules = []string{sign(s.allCommands) + "@all"}
	applied := make([]bool, len(t.categories))
	for {
		best := d.bestCategory(applied)
		if best < 0 {
			break
		}
		applied[best] = true
		d.category(best)
	}
	d.ownCategories()
	d.commands(t.top)
	return strings.Join(d.rules, " ")
}

func sign(on bool) string {
	if on {
		return "+"
	}
	return "-"
}

// category makes rule of a category.
func (d *describer) category(i int) {
	d.rules = append(d.rules, sign(d.add)+"@"+d.t.categories[i].Name)
	d.made.setCategory(d.t, i, d.add)
	d.rest.setCategory(d.t, i, !d.add)
}

// bestCategory returns the category of Redis' that has the fewest commands which differ, and of those the one with most that do not;
// negative if none has more of these.
func (d *describer) bestCategory(applied []bool) int {
	best, fewest, most := -1, 0, 0
	for i, c := range d.t.categories {
		if applied[i] || c.Own {
			continue
		}
		same, differing := d.count(d.rest, i)
		if same > differing && (best < 0 || differing < fewest || differing == fewest && same > most) {
			best, fewest, most = i, differing, same
		}
	}
	return best
}

// count returns how many commands of category i are in b as the rules would make them, and how many are not. Of Redis' categories only
// Redis' commands count.
func (d *describer) count(b bits, i int) (same, differing int) {
	for _, cmd := range d.t.commands {
		switch {
		case cmd.categories&(1<<i) == 0 || cmd.own && !d.t.categories[i].Own:
		case b.has(cmd) == d.add:
			same++
		default:
			differing++
		}
	}
	return same, differing
}

// ownCategories makes rules of those of our categories that save some.
func (d *describer) ownCategories() {
	for i, c := range d.t.categories {
		if !c.Own {
			continue
		}
		_, differing := d.count(d.s.commands, i)
		if d.missing(i) > differing {
			d.category(i)
		}
	}
}

// missing returns how many commands of category i the rules so far do not make as they should be.
func (d *describer) missing(i int) (n int) {
	for _, cmd := range d.t.commands {
		if cmd.categories&(1<<i) != 0 && d.made.has(cmd) != d.s.commands.has(cmd) {
			n++
		}
	}
	return n
}

// commands makes rules of the commands that the categories did not get right, and of first arguments.
func (d *describer) commands(commands []*Command) {
	for _, cmd := range commands {
		on := d.s.commands.has(cmd)
		if d.made.has(cmd) != on {
			d.rules = append(d.rules, sign(on)+cmd.name)
			d.made.setTree(cmd, on)
		}
		d.commands(cmd.subcommands)
		if on {
			continue
		}
		for _, arg := range d.s.firstArgs[cmd.id] {
			d.rules = append(d.rules, "+"+cmd.name+"|"+arg)
		}
	}
}

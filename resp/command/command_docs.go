package command

import "comet/resp/wire"

// commandDocs replies with the documentation of the commands named that there are, or of all commands.
func commandDocs(c *Call) error {
	if len(c.Args) == 2 {
		replyAllDocs(c.Reply, c.Server.names)
		return nil
	}
	n, at := 0, c.Reply.Defer()
	for _, name := range c.Args[2:] {
		if cmd := c.Server.names.named(name); cmd != nil {
			c.Reply.BulkString(cmd.Name)
			replyDocs(c.Reply, cmd)
			n++
		}
	}
	c.Reply.SetMap(at, n)
	return nil
}

// replyAllDocs appends a map from names to documentation.
func replyAllDocs(r *wire.Reply, cmds map[string]*Command) {
	r.Map(len(cmds))
	for _, cmd := range sortedCommands(cmds) {
		r.BulkString(cmd.Name)
		replyDocs(r, cmd)
	}
}

// docs appends a map of which only the pairs that say something are there.
type docs struct {
	r     *wire.Reply
	at, n int
}

func newDocs(r *wire.Reply) *docs { return &docs{r: r, at: r.Defer()} }

func (d *docs) end() { d.r.SetMap(d.at, d.n) }

func (d *docs) text(name, s string) {
	if s != "" {
		textPair(d.r, name, s)
		d.n++
	}
}

func (d *docs) words(name string, words []string) {
	if len(words) > 0 {
		d.r.BulkString(name)
		statusSet(d.r, words)
		d.n++
	}
}

// replyDocs appends the documentation of cmd.
func replyDocs(r *wire.Reply, cmd *Command) {
	d := newDocs(r)
	d.text("summary", cmd.Summary)
	d.text("since", cmd.Since)
	d.text("group", cmd.Group)
	d.text("complexity", cmd.Complexity)
	d.words("doc_flags", cmd.DocFlags)
	d.text("deprecated_since", cmd.DeprecatedSince)
	d.text("replaced_by", cmd.ReplacedBy)
	if len(cmd.History) > 0 {
		d.history(cmd.History)
	}
	if len(cmd.Arguments) > 0 {
		d.arguments(cmd.Arguments)
	}
	if len(cmd.Subcommands) > 0 {
		r.BulkString("subcommands")
		replyAllDocs(r, cmd.Subcommands)
		d.n++
	}
	d.end()
}

// history appends what changed, as pairs of version and change.
func (d *docs) history(changes [][2]string) {
	d.r.BulkString("history")
	d.r.Set(len(changes))
	for _, change := range changes {
		d.r.Array(2)
		d.r.BulkString(change[0])
		d.r.BulkString(change[1])
	}
	d.n++
}

func (d *docs) arguments(args []Argument) {
	d.r.BulkString("arguments")
	d.r.Array(len(args))
	for i := range args {
		replyArgument(d.r, &args[i])
	}
	d.n++
}

// replyArgument appends the documentation of an argument.
func replyArgument(r *wire.Reply, arg *Argument) {
	d := newDocs(r)
	d.text("name", arg.Name)
	d.text("type", arg.Type)
	if arg.KeySpecIndex != nil {
		numberPair(r, "key_spec_index", *arg.KeySpecIndex)
		d.n++
	}
	if arg.Token != nil { // may be empty
		textPair(r, "token", *arg.Token)
		d.n++
	}
	d.text("summary", arg.Summary)
	d.text("since", arg.Since)
	d.text("deprecated_since", arg.DeprecatedSince)
	d.words("flags", arg.Flags)
	if len(arg.Arguments) > 0 {
		d.arguments(arg.Arguments)
	}
	d.end()
}

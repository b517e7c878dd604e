package command

// help replies with the forms of the container command name, as Redis does: lines are the subcommands, indented below each what it does.
func (c *Call) help(name string, lines ...string) error {
	c.Reply.Array(len(lines) + 3)
	c.Reply.Status(name + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, line := range lines {
		c.Reply.Status(line)
	}
	c.Reply.Status("HELP")
	c.Reply.Status("    Prints this help.")
	return nil
}

package command

import (
	"fmt"
	"strings"

	"comet/aso"
)

// errSubcommandSyntax is the error for a subcommand whose arguments make no sense.
func errSubcommandSyntax(c *Call) error {
	return aso.Error(fmt.Sprintf("ERR unknown subcommand or wrong number of arguments for '%s'. Try %s HELP.",
		clip(c.Arg(1), maxQuoted), strings.ToUpper(string(clip(c.Arg(0), maxQuoted)))))
}

func container(cmd *Command) *Command {
	if cmd.Parent != nil {
		return cmd.Parent
	}
	return cmd
}

package command

import "comet/aso"

// moduleCommands are what a server that can load no modules has to say.
var moduleCommands = family{
	"module|help":   {run: moduleHelp, access: accessNone},
	"module|list":   {run: moduleList, access: accessNone},
	"module|load":   {run: noModules, access: accessNone},
	"module|loadex": {run: noModules, access: accessNone},
	"module|unload": {run: noModules, access: accessNone},
}

const errModules = aso.Error("ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.")

// noModules refuses as a Redis with its default configuration.
func noModules(*Call) error { return refusal{errModules} }

func moduleList(c *Call) error {
	c.Reply.Array(0)
	return nil
}

func moduleHelp(c *Call) error {
	return c.help("MODULE",
		"LIST",
		"    Return a list of loaded modules.",
		"LOAD <path> [<arg> ...]",
		"    Load a module library from <path>, passing to it any optional arguments.",
		"LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
		"    Load a module library from <path>, while passing it module configurations and optional arguments.",
		"UNLOAD <name>",
		"    Unload a module.")
}

package command

import (
	"errors"
	"log/slog"
	"slices"
	"strings"

	"comet/aso"
)

var configCommands = family{
	"config|get":       {run: configGet, access: accessNone},
	"config|set":       {run: configSet, access: accessAlone},
	"config|resetstat": {run: configResetStat, access: accessNone},
	"config|rewrite":   {run: configRewrite, access: accessAlone},
	"config|help":      {run: configHelp, access: accessNone},
}

// Starting and stopping the journal takes all locks, which the transaction holds, and taking the data directory may wait for who does so.
const (
	errJournalInExec = aso.Error("ERR CONFIG SET appendonly is not possible in a transaction")
	errSaveInExec    = aso.Error("ERR CONFIG SET save is not possible in a transaction while nothing is kept")
)

// configGet replies with parameters and their values.
func configGet(c *Call) error {
	found := c.Server.config.Get(stringArgs(c.Args[2:]))
	c.Reply.Map(len(found))
	for _, a := range found {
		c.Reply.BulkString(a.Name)
		c.Reply.BulkString(a.Value)
	}
	return nil
}

func stringArgs(args [][]byte) []string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = string(arg)
	}
	return words
}

// configSet changes parameters, all or none.
func configSet(c *Call) error {
	args := stringArgs(c.Args[2:])
	if len(args)%2 != 0 {
		return errSyntax
	}
	var assignments []Assignment
	for i := 0; i < len(args); i += 2 {
		assignments = append(assignments, Assignment{args[i], args[i+1]})
	}
	names := func(name string) bool {
		return slices.ContainsFunc(assignments, func(a Assignment) bool { return strings.EqualFold(a.Name, name) })
	}
	switch {
	case c.Tx == nil:
	case names("appendonly"):
		return errJournalInExec
	case names("save") && c.Server.persistence != nil && !c.Server.persistenceStatus().Kept:
		return errSaveInExec
	}
	if err := c.Server.config.Set(assignments); err != nil {
		return configError(err)
	}
	for _, a := range assignments {
		if p := parametersByName[strings.ToLower(a.Name)]; p != nil && p.has(hinted) {
			slog.Info("parameter has no effect in Comet", "parameter", p.name)
		}
	}
	c.OK()
	return nil
}

// configError returns err in the words of Redis.
func configError(err error) error {
	var unknown UnknownParameterError
	if errors.As(err, &unknown) {
		return aso.Error("ERR Unknown option or number of arguments for CONFIG SET - '" + quotable([]byte(unknown)) + "'")
	}
	var bad *ParameterError
	if errors.As(err, &bad) {
		return aso.Error("ERR CONFIG SET failed (possibly related to argument '" + bad.Name + "') - " + bad.Reason.Error())
	}
	return err
}

// configResetStat sets the counters that INFO shows to zero.
func configResetStat(c *Call) error {
	if c.Tx != nil {
		c.Tx.FlushReads() // what was before counts no more
	}
	c.Server.resetStats()
	c.OK()
	return nil
}

// configRewrite writes the parameters to the file they came from.
func configRewrite(c *Call) error {
	if c.Server.config.File() == "" {
		return aso.Error("ERR The server is running without a config file")
	}
	if err := c.Server.config.Rewrite(); err != nil {
		return aso.Error("ERR Rewriting config file: " + err.Error())
	}
	c.OK()
	return nil
}

func configHelp(c *Call) error {
	return c.help("CONFIG",
		"GET <pattern>",
		"    Return parameters matching the glob-like <pattern> and their values.",
		"SET <directive> <value>",
		"    Set the configuration <directive> to <value>.",
		"RESETSTAT",
		"    Reset statistics reported by the INFO command.",
		"REWRITE",
		"    Rewrite the configuration file.")
}

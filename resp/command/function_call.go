package command

import "comet/aso"

const (
	errNoFunction   = aso.Error("ERR Function not found")
	errFunctionKeys = aso.Error("ERR Bad number of keys provided")
)

// fcall runs the function in argument 1.
func (c *Call) fcall(readOnly bool) error {
	c.Server.monitors.show(c)
	sc := c.Server.functionNamed(c.Arg(1))
	if sc == nil {
		return errNoFunction
	}
	keys, args, err := c.scriptWords()
	if err == errNotInteger {
		err = errFunctionKeys
	}
	if err != nil {
		return err
	}
	switch alone := sc.library.code.Alone(); {
	case alone && c.Tx.IsDryRun():
		return errDryVariables
	case alone && !c.holdsAll():
		c.again = true
		return nil
	}
	return c.runScript(sc, keys, args, readOnly)
}

func (c *Call) holdsAll() bool {
	var all aso.Locks
	all.AddAll()
	return c.Tx.Holds(&all)
}

// runAlone runs a function again that is about to change a variable of its library: with all locks, so that no other function runs.
func (c *Call) runAlone(sc *script, keys, args [][]byte, readOnly bool) error {
	switch {
	case c.Tx.IsDryRun():
		return errDryVariables
	case !c.holdsAll():
		c.again = true
		return nil
	}
	sc.library.code.RunAlone()
	return c.runScript(sc, keys, args, readOnly)
}

// fcallLocks adds a lock where there are no keys: a function runs under one at least, so that who has all knows that none runs.
func fcallLocks(args [][]byte, l *aso.Locks) {
	if string(args[2]) == "0" {
		l.Add(args[1])
	}
}

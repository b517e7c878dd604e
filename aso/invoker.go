package aso

import (
	"errors"
	"strconv"

	"comet/aso/sandbox"
)

// Invoker is the user whose command has set off an event.
type Invoker interface {
	// MayRun returns why the user may not run a command, nil if it may. With note, that it may not is noted for the operator.
	MayRun(args [][]byte, note bool) error
}

// Invoked are Fields of an event that a user has set off.
type Invoked interface{ Invoker() Invoker }

// invokerOf returns the user who has set off an event, nil if it was nobody: a timer, a message, an expiry.
func invokerOf(f Fields) Invoker {
	if by, ok := f.(Invoked); ok {
		return by.Invoker()
	}
	return nil
}

var errNoInvoker = errors.New("the handler has the rights of its invoker, and no user has set it off")

// may returns why the running handler may not do what a command would, in the name of its invoker; nil if it may, or has rights of its own.
func (h *host) may(args ...[]byte) error {
	if h.code.Program.Rights() != sandbox.Invoker {
		return nil
	}
	by := invokerOf(h.event.Fields)
	if by == nil {
		return errNoInvoker
	}
	return by.MayRun(args, h.tx.dry == nil && !h.observed)
}

// mayExpire is may for a change of the deadline; 0 is none.
func (h *host) mayExpire(at int64) error {
	if at == 0 {
		return h.may([]byte("persist"), h.key)
	}
	return h.may([]byte("pexpireat"), h.key, strconv.AppendInt(nil, at, 10))
}

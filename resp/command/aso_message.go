package command

import (
	"math"

	"comet/aso"
	"comet/aso/sandbox"
)

var messageCommands = family{
	"aso.await": {run: asoAwait, events: true},
	"aso.send":  {run: asoSend, events: true},
}

const (
	errMessageTime  = aso.Error("ERR invalid delivery time: want milliseconds, a whole number")
	errInAndAt      = aso.Error("ERR IN and AT exclude each other")
	errDedupIsEmpty = aso.Error("ERR a dedup id is not empty")
)

// asoSend lets an object handle a message later, in a unit of its own, and replies with its id, or null if the receiver has had one with
// the dedup id.
func asoSend(c *Call) error {
	m, end, err := c.sendOptions()
	if err != nil {
		return err
	}
	m.Client, m.There = c.Session.Conn.ID(), true
	m.To, m.Name, m.Hops = string(c.Arg(1)), string(c.Arg(2)), 1
	if m.Payload, err = sandbox.AppendPayload(nil, payloadValue(c.Args[3:end])); err != nil {
		return err
	}
	id, ok, err := c.Tx.Send(m)
	switch {
	case err != nil:
		return err
	case !ok:
		c.Reply.Null()
	default:
		c.Reply.BulkString(id)
	}
	return nil
}

// sendOptions reads the options of ASO.SEND, which are the last arguments, and returns where the arguments before them end. The word --
// stands before the options where an argument could be taken for one.
func (c *Call) sendOptions() (m aso.Message, end int, err error) {
	in, at, id := false, false, false
	for end = len(c.Args); end-2 >= 3 && !c.Is(end-1, "--"); end -= 2 {
		switch {
		case c.Is(end-2, "IN") && !in:
			in = true
			m.Due, err = c.IntIn(end-1, 0, aso.MaxDelay, errMessageTime)
			m.Delayed = m.Due > 0
			m.Due += c.Tx.Now()
		case c.Is(end-2, "AT") && !at:
			at, m.Delayed = true, true
			m.Due, err = c.IntIn(end-1, 0, math.MaxInt64, errMessageTime)
		case c.Is(end-2, "ID") && !id:
			id = true
			if m.Dedup = string(c.Arg(end - 1)); m.Dedup == "" {
				err = errDedupIsEmpty
			}
		default:
			return m, end, nil
		}
		switch {
		case err != nil:
			return m, end, err
		case in && at:
			return m, end, errInAndAt
		}
	}
	if end > 3 && c.Is(end-1, "--") {
		end--
	}
	return m, end, nil
}

// payloadValue returns the arguments of a message as ev.payload: nil, a string, or an array of several.
func payloadValue(args [][]byte) sandbox.Value {
	switch len(args) {
	case 0:
		return sandbox.Value{}
	case 1:
		return sandbox.StringValue(string(args[0]))
	}
	return stringValues(args)
}

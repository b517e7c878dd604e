package command_test

import (
	"time"

	"comet/resp/command"
	"comet/resp/wire"
)

// parkedConn is a connection whose client waits until the test says that it has waited long enough.
type parkedConn struct {
	testConn
	reply  wire.Reply
	parked chan struct{}
	woken  chan struct{}
	done   chan string
}

// Park waits for give.
func (c *parkedConn) Park(wake <-chan struct{}, _ time.Time) command.ParkResult {
	c.woken = make(chan struct{})
	close(c.parked)
	select {
	case <-wake:
		return command.ParkWoken
	case <-c.woken:
		return command.ParkTimeout
	}
}

// give ends the wait, unless it is to end by itself.
func (c *parkedConn) give(served bool) {
	if !served {
		close(c.woken)
	}
}

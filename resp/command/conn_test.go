package command_test

import (
	"net"
	"time"

	"comet/resp/command"
)

// testConn is a connection without a network: a session on it runs batches, whose replies the test takes itself.
type testConn struct {
	nc net.Conn // its addresses; may be nil
}

func (c *testConn) ID() uint64                                         { return 1 }
func (c *testConn) RemoteAddr() net.Addr                               { return &net.TCPAddr{} }
func (c *testConn) LocalAddr() net.Addr                                { return &net.TCPAddr{} }
func (c *testConn) Push([]byte)                                        {}
func (c *testConn) Kill()                                              {}
func (c *testConn) CloseAfterReply()                                   {}
func (c *testConn) Flush() error                                       { return nil }
func (c *testConn) SetAuthenticated()                                  {}
func (c *testConn) SetSubscriber(bool)                                 {}
func (c *testConn) Usage() (u command.ConnUsage)                       { return u }
func (c *testConn) Memory() int64                                      { return 0 }
func (c *testConn) Park(<-chan struct{}, time.Time) command.ParkResult { return command.ParkTimeout }

package command

import (
	"net"
	"time"
)

// NoClient is the connection of a session that no client is behind. What has a part of a connection embeds it.
type NoClient struct{}

// ID is that of no client.
func (NoClient) ID() uint64 { return 0 }

// RemoteAddr is nowhere.
func (NoClient) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero} }

// LocalAddr is nowhere.
func (NoClient) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero} }

// Push drops a message.
func (NoClient) Push([]byte) {}

// Kill does nothing: there is nothing to close.
func (NoClient) Kill() {}

// CloseAfterReply does nothing.
func (NoClient) CloseAfterReply() {}

// Flush does nothing: nobody takes the replies.
func (NoClient) Flush() error { return nil }

// SetAuthenticated does nothing.
func (NoClient) SetAuthenticated() {}

// SetSubscriber does nothing.
func (NoClient) SetSubscriber(bool) {}

// Usage tells nothing.
func (NoClient) Usage() ConnUsage { return ConnUsage{File: -1} }

// Memory is none.
func (NoClient) Memory() int64 { return 0 }

// Park waits for nothing: a command that would block ends as after its time.
func (NoClient) Park(<-chan struct{}, time.Time) ParkResult { return ParkTimeout }

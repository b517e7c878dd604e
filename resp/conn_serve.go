package resp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"comet/resp/wire"
)

const (
	// maxBatch is the most commands Batch is given at once.
	maxBatch = 512
	// replyChunk is when replies are sent though commands are waiting, in bytes.
	replyChunk = 256 << 10
)

// serve begins a new connection, and leaves it to the loop if it can.
func (c *Conn) serve() {
	c.takeWork()
	c.looped = c.server.loop != nil && c.plain() && c.server.loop.watch(c) == nil // not those of TLS, which may hold bytes that no poller knows of
	switch {
	case !c.handshake() || !c.open():
		c.finish()
	case !c.looped:
		c.run()
	case !c.rest():
		c.server.loop.add(c)
	}
}

// run serves a connection that the loop does not take until it has ended.
func (c *Conn) run() {
	defer c.finish()
	for c.read() == nil && c.process() && c.answer() {
	}
}

func (c *Conn) handshake() bool {
	if c.secure == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	if err := c.secure.HandshakeContext(ctx); err != nil {
		c.server.metrics.HandshakeErrors.Add(1)
		c.server.log.Debug("tls handshake failed", "client", c.RemoteAddr(), "error", err)
		return false
	}
	return true
}

func (c *Conn) open() bool {
	c.Reply.Acquire()
	c.opened = true
	var err error
	ok := c.protect("opened", func() { err = c.server.handler.Opened(c) })
	if !ok || c.Flush() != nil {
		return false
	}
	c.Reply.Release()
	return err == nil
}

// process executes all complete commands that have been received. It reports false
// when the connection is to be closed; else answer has to follow.
func (c *Conn) process() bool {
	c.Reply.Acquire()
	c.batch = batches.Get().(*batch)
	defer c.releaseBatch()
	c.queryLen.Store(int64(c.reader.Buffered()))
	c.queryCap.Store(int64(c.reader.Capacity()))
	for {
		commands, err := c.parse()
		if len(commands) == 0 {
			if err != nil {
				c.refuse(err)
				return false
			}
			break
		}
		if !c.execute(commands) {
			return false
		}
	}
	c.reader.Release()
	return true
}

// answer sends the replies, and reports false when the connection is to be closed.
func (c *Conn) answer() bool {
	if c.Flush() != nil {
		return false
	}
	c.Reply.Release()
	c.queryLen.Store(int64(c.reader.Buffered()))
	c.queryCap.Store(0)
	c.weigh()
	return true
}

// parse takes the next commands from the reader. Before authentication it takes
// one, since AUTH changes the limits of what follows it.
func (c *Conn) parse() ([][][]byte, error) {
	c.applyLimits()
	most := maxBatch
	if !c.authenticated {
		most = 1
	}
	for n := range most {
		args, err := c.reader.Next()
		if args == nil {
			return c.batch[:n], err
		}
		c.batch[n] = args
		c.batchLen = max(c.batchLen, n+1)
	}
	return c.batch[:most], nil
}

// batch has room for the commands of one call of Batch.
type batch [maxBatch][][]byte

var batches = sync.Pool{New: func() any { return new(batch) }}

func (c *Conn) releaseBatch() {
	clear(c.batch[:c.batchLen])
	batches.Put(c.batch)
	c.batch, c.batchLen = nil, 0
}

func (c *Conn) applyLimits() {
	settings := c.server.settings.Load()
	if settings == c.limitsFrom {
		return
	}
	c.limitsFrom = settings
	c.reader.SetLimits(wire.Limits{
		MaxBulk: settings.MaxBulk, MaxCommand: settings.MaxQueryBuffer, Unauthenticated: !c.authenticated,
	})
}

// execute gives commands to the handler until all are consumed. It reports false
// when the connection is to be closed, with replies sent where they should be.
func (c *Conn) execute(commands [][][]byte) bool {
	for len(commands) > 0 {
		consumed := 0
		c.server.metrics.Batches.Add(1)
		if !c.protect("batch", func() { consumed = c.server.handler.Batch(c, commands) }) {
			return false
		}
		if c.ended() {
			_ = c.Flush() // closing either way
			return false
		}
		if consumed < 1 {
			c.server.log.Error("handler consumed no command", "client", c.RemoteAddr())
			return false
		}
		commands = commands[min(consumed, len(commands)):]
		if c.ReplyFull() && c.Flush() != nil {
			return false
		}
	}
	return true
}

// refuse answers a client that broke the protocol.
func (c *Conn) refuse(err error) {
	if errors.Is(err, wire.ErrCommandTooLarge) {
		c.server.metrics.QueryLimitDisconnects.Add(1)
	} else {
		c.server.metrics.ProtocolErrors.Add(1)
		text := "ERR " + err.Error()
		c.Reply.Error(text)
		c.protect("refused", func() { c.server.handler.Refused(c, text) })
	}
	_ = c.Flush() // closing either way
}

// protect runs a handler's method. A panic in it costs this connection only.
func (c *Conn) protect(call string, run func()) (ok bool) {
	defer func() {
		if ok {
			return
		}
		c.server.metrics.Panics.Add(1)
		c.server.log.Error("handler panicked", "call", call, "client", c.RemoteAddr(),
			"panic", fmt.Sprint(recover()), "stack", string(debug.Stack()))
	}()
	run()
	return true
}

// ReplyFull reports whether Batch should return so that replies can be sent.
func (c *Conn) ReplyFull() bool { return c.Reply.Len() >= replyChunk }

// finish closes the socket, waits for the writer and tells the handler.
func (c *Conn) finish() {
	if c.closing {
		c.output.drain(&c.sender)
		c.closeSecure()
	}
	c.Kill()
	c.output.writers.Wait()
	c.server.registry.remove(c)
	c.turns.stopTimer()
	if c.opened {
		c.protect("closed", func() { c.server.handler.Closed(c) })
	}
	c.reader.Close()
	c.Reply.Release()
	c.server.running.Done()
}

// closeSecure tells a TLS client that the stream ends here and was not cut.
func (c *Conn) closeSecure() {
	if c.secure != nil {
		_ = c.tcp.SetWriteDeadline(time.Now().Add(time.Second))
		_ = c.secure.CloseWrite() // the socket is closed next in any case
	}
}

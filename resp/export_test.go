package resp

import "time"

// SetDozeAfter lets connections that are silent for d doze. Call it before Listen.
func (s *Server) SetDozeAfter(d time.Duration) { s.dozeAfter = d }

// Dozes reports whether the connection dozes.
func (c *Conn) Dozes() bool {
	c.doze.mu.Lock()
	defer c.doze.mu.Unlock()
	return c.doze.asleep
}

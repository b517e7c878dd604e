package resp

// Rests reports whether the connection rests.
func (c *Conn) Rests() bool {
	c.turns.mu.Lock()
	defer c.turns.mu.Unlock()
	return c.turns.resting
}

package aso

import (
	"fmt"
	"strings"
)

// report describes what the arena holds, a line for each size of blocks in use.
func (a *arena) report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Arena: %d bytes in use, %d mapped\n%8s %10s %10s\n", a.used.Load(), a.mapped.Load(), "size", "blocks", "fresh")
	for i := range a.classes {
		c := &a.classes[i]
		c.mu.Lock()
		live, left := c.live, c.left
		c.mu.Unlock()
		if live > 0 {
			fmt.Fprintf(&b, "%8d %10d %10d\n", classSizes[i], live, left)
		}
	}
	a.mu.Lock()
	huge := len(a.huge)
	a.mu.Unlock()
	fmt.Fprintf(&b, "%d blocks of their own\n", huge)
	return b.String()
}

package resp

import "time"

// SetDozeAfter lets connections that are silent for d doze. Call it before Listen.
func (s *Server) SetDozeAfter(d time.Duration) { s.dozeAfter = d }

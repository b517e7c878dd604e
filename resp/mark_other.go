//go:build unix && !linux

package resp

import (
	"errors"
	"fmt"
)

// setMark is for Linux.
func setMark(uintptr, uint32) error { return fmt.Errorf("socket-mark-id: %w", errors.ErrUnsupported) }

//go:build unix && !linux

package main

import (
	"errors"
	"fmt"
)

// bindTo is for Linux.
func bindTo([]int) error { return fmt.Errorf("server_cpulist: %w", errors.ErrUnsupported) }

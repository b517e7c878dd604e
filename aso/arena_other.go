//go:build !unix

package aso

// mapMemory returns size zeroed bytes. The arena's chunk table keeps them alive.
func mapMemory(size int) ([]byte, error) { return make([]byte, size), nil }

// unmapMemory leaves mem to the garbage collector.
func unmapMemory([]byte) {}

//go:build unix

package aso

import "golang.org/x/sys/unix"

// mapMemory returns size zeroed bytes outside Go's heap; pages that are never touched cost nothing.
func mapMemory(size int) ([]byte, error) {
	return unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
}

// unmapMemory gives memory of mapMemory back. It fails only for an address that was never mapped.
func unmapMemory(mem []byte) { _ = unix.Munmap(mem) }

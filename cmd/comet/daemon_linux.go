package main

import "golang.org/x/sys/unix"

// replaceFile lets the descriptor new be what old is.
func replaceFile(old, new int) error { return unix.Dup3(old, new, 0) }

//go:build !linux

package command

import "runtime"

// thisProcess knows nothing here.
func thisProcess() process { return process{} }

func osName() string { return runtime.GOOS + " " + runtime.GOARCH }

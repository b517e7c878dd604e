//go:build !linux

package command

import "runtime"

// How the runtime of Go waits for the network and reads the time.
const (
	pollerName = "Go netpoller"
	clockName  = "nanotime"
)

// thisProcess knows nothing here.
func thisProcess() process { return process{} }

func osName() string { return runtime.GOOS + " " + runtime.GOARCH }

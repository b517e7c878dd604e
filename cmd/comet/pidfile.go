package main

import (
	"os"
	"strconv"
)

// writePidFile writes the number of this process to the pidfile, if there is to be one, and returns what removes it. It is called when the server listens: the pidfile of a server that is
// there already is not touched. As in Redis, a server that cannot write it says so and goes on.
func (s *server) writePidFile() (remove func()) {
	path := s.config.PidFile.Load()
	if path == "" && s.daemon != nil {
		path = usualPidFile
	}
	if path == "" {
		return func() {}
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		s.log.Warn("pidfile not written", "error", err)
		return func() {}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			s.log.Warn("pidfile not removed", "error", err)
		}
	}
}

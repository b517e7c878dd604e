package main

import (
	"fmt"
	"net"
	"os"
)

// tellSupervisor sends systemd a line about the state of this process, if it wants to be told.
func (s *server) tellSupervisor(state string) {
	if s.config.Supervisor() == "no" {
		return
	}
	if err := notifySystemd(os.Getenv("NOTIFY_SOCKET"), state); err != nil {
		s.log.Warn("systemd not told", "state", state, "error", err)
	}
}

// notifySystemd sends state to a socket as sd_notify(3) does. A name that begins with @ is in the abstract namespace, as for the net package.
func notifySystemd(socket, state string) error {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

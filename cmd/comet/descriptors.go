package main

import (
	"fmt"
	"strconv"
	"syscall"

	"comet/aso"
	"comet/resp/command"
)

// reservedFiles is how many descriptors are kept for anything but clients.
const reservedFiles = 32

// limitClients lowers maxclients to what the operating system allows, and refuses to raise it above that later.
func (s *server) limitClients() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	most := int64(min(limit.Cur, 1<<62)) - reservedFiles
	if most < 1 {
		return fmt.Errorf("only %d files may be open: raise the limit (ulimit -n)", limit.Cur)
	}
	if s.config.MaxClients.Load() > most {
		s.log.Warn("maxclients lowered to what the limit of open files allows", "maxclients", most, "files", limit.Cur)
		if err := s.config.Set([]command.Assignment{{Name: "maxclients", Value: strconv.FormatInt(most, 10)}}); err != nil {
			return err
		}
	}
	s.config.OnChange(command.ConcernNetwork, func() error {
		if s.config.MaxClients.Load() > most {
			return aso.Error(fmt.Sprintf(
				"The operating system is not able to handle the specified number of clients, try with %d", most))
		}
		return nil
	})
	return nil
}

package resp

import (
	"errors"
	"fmt"
	"net"
	"slices"
)

// Relisten makes the server listen at endpoints and nowhere else, and returns the addresses. What is open and wanted stays open, and so do all
// connections. If an endpoint cannot be opened, the server listens where it did before.
func (s *Server) Relisten(endpoints []Endpoint) ([]net.Addr, error) {
	s.relisten.Lock()
	defer s.relisten.Unlock()
	before, _ := s.listening()
	if err := s.listenOnly(endpoints); err != nil {
		return nil, errors.Join(err, s.listenOnly(before))
	}
	_, addrs := s.listening()
	return addrs, nil
}

func (s *Server) listening() (at []Endpoint, addrs []net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		at, addrs = append(at, l.at), append(addrs, l.Addr())
	}
	return at, addrs
}

func (s *Server) listenOnly(endpoints []Endpoint) error {
	missing, spare := s.difference(endpoints)
	// An address and one that contains it cannot both be listened at: what may be in the way is closed first.
	inTheWay := func(l listener) bool {
		return slices.ContainsFunc(missing, func(e Endpoint) bool { return e.port() == l.at.port() })
	}
	errs := []error{s.closeWhere(spare, inTheWay)}
	for _, e := range missing {
		if _, err := s.Listen(e); err != nil {
			return err
		}
	}
	errs = append(errs, s.closeWhere(spare, func(l listener) bool { return !inTheWay(l) }))
	return errors.Join(errs...)
}

// difference returns what of endpoints is not open, and what is open besides them.
func (s *Server) difference(endpoints []Endpoint) (missing []Endpoint, spare []listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	spare = slices.Clone(s.listeners)
	for _, e := range endpoints {
		i := slices.IndexFunc(spare, func(l listener) bool {
			l.at.Optional = e.Optional // is no part of where it is
			return l.at == e
		})
		if i < 0 {
			missing = append(missing, e)
		} else {
			spare = slices.Delete(spare, i, i+1)
		}
	}
	return missing, spare
}

// closeWhere closes those of listeners that are wanted no more.
func (s *Server) closeWhere(listeners []listener, unwanted func(listener) bool) error {
	var closing []listener
	for _, l := range listeners {
		if unwanted(l) {
			closing = append(closing, l)
		}
	}
	s.mu.Lock()
	s.listeners = slices.DeleteFunc(s.listeners, func(l listener) bool { return slices.Contains(closing, l) })
	s.mu.Unlock()
	return closeListeners(closing)
}

func closeListeners(listeners []listener) error {
	var errs []error
	for _, l := range listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, fmt.Errorf("close listener %s: %w", l.Addr(), err))
		}
	}
	return errors.Join(errs...)
}

// port is that of a TCP address, empty for a path.
func (e Endpoint) port() string {
	_, port, _ := net.SplitHostPort(e.Address)
	return port
}

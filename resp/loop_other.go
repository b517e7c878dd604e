//go:build unix && !linux

package resp

import "errors"

// loop is not there: connections have goroutines of their own.
type loop struct{}

func newLoop(*Server) (*loop, error) { return nil, errors.ErrUnsupported }

func (*loop) watch(*Conn) error { return errors.ErrUnsupported }

func (*loop) add(*Conn) {}

func (*loop) addAgain(*Conn) {}

func (*loop) hold(*Conn) {}

func (*loop) close() error { return nil }

//go:build unix && !linux

package resp

import "errors"

// poller is not there: connections keep their goroutines.
type poller struct{}

func newPoller(*Server) (*poller, error) { return nil, errors.ErrUnsupported }

func (*poller) watch(*Conn) error { return errors.ErrUnsupported }

func (*poller) forget(*Conn) {}

func (*poller) close() error { return nil }

package resp

import "sync/atomic"

// Metrics count what happened on the network since the start.
type Metrics struct {
	ConnectionsReceived   atomic.Int64
	ConnectionsRejected   atomic.Int64 // by maxclients
	ConnectionsDenied     atomic.Int64 // by protected mode
	AcceptErrors          atomic.Int64
	HandshakeErrors       atomic.Int64 // TLS
	Reads                 atomic.Int64 // times that clients were read from
	BytesIn               atomic.Int64
	Writes                atomic.Int64 // times that clients were written to
	BytesOut              atomic.Int64
	Batches               atomic.Int64
	ProtocolErrors        atomic.Int64
	Panics                atomic.Int64
	IdleDisconnects       atomic.Int64
	QueryLimitDisconnects atomic.Int64
	OutputLimitHard       atomic.Int64 // clients closed at the hard limit
	OutputLimitSoft       atomic.Int64 // clients closed at the soft limit
}

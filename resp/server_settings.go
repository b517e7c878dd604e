package resp

import (
	"time"
)

// Class says which output limit a connection is under.
type Class uint8

// The classes of client-output-buffer-limit.
const (
	ClassNormal Class = iota
	ClassReplica
	ClassPubSub
	classes
)

// OutputLimit closes a client whose unread output reaches Hard bytes, or stays at
// Soft bytes or more for longer than SoftFor. Zero means no limit.
type OutputLimit struct {
	Hard, Soft int64
	SoftFor    time.Duration
}

// Settings are the values a running Server can change; each row names its CONFIG
// parameter.
type Settings struct {
	MaxClients        int                  // maxclients
	Timeout           time.Duration        // timeout: closes idle clients, 0 never
	KeepAlive         time.Duration        // tcp-keepalive: for new connections, 0 off
	ProtectedMode     bool                 // protected-mode
	DefaultUserNoPass bool                 // whether the default user needs no password
	MaxBulk           int64                // proto-max-bulk-len, bytes
	MaxQueryBuffer    int64                // client-query-buffer-limit, bytes
	OutputLimits      [classes]OutputLimit // client-output-buffer-limit, by Class
}

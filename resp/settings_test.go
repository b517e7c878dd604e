package resp

import (
	"time"
)

// defaultSettings are Redis' defaults.
func defaultSettings() Settings {
	return Settings{
		MaxClients:        10000,
		KeepAlive:         300 * time.Second,
		ProtectedMode:     true,
		DefaultUserNoPass: true,
		MaxBulk:           512 << 20,
		MaxQueryBuffer:    1 << 30,
		OutputLimits: [classes]OutputLimit{
			ClassReplica: {Hard: 256 << 20, Soft: 64 << 20, SoftFor: time.Minute},
			ClassPubSub:  {Hard: 32 << 20, Soft: 8 << 20, SoftFor: time.Minute},
		},
	}
}

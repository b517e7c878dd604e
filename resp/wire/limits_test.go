package wire

// defaultLimits are Redis' defaults for an authenticated client.
func defaultLimits() Limits {
	return Limits{MaxBulk: 512 << 20, MaxCommand: 1 << 30}
}

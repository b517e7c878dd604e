//go:build race

package sandbox

// slowness is by how much the race detector slows down a run.
const slowness = 20

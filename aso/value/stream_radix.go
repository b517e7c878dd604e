package value

import (
	"math/bits"
)

// RadixNodes is the number of nodes of the radix tree in which Redis keeps
// the nodes of such a stream by their first IDs, as XINFO shows it: a leaf for
// each, a node where IDs part, and one for each run of bytes between these.
func (s *Stream) RadixNodes() int {
	nodes := s.read().active()
	if len(nodes) == 0 {
		return 1
	}
	// A stack of where the IDs so far part, in bytes from the root, in ascending order. What is taken off is complete.
	const keySize = 16
	var parts []int
	total := len(nodes)
	for i := 1; i <= len(nodes); i++ {
		part := -1 // above the root
		if i < len(nodes) {
			part = commonBytes(nodes[i-1].first, nodes[i].first)
		}
		child := keySize // the leaf of nodes[i-1]
		for len(parts) > 0 && parts[len(parts)-1] > part {
			top := parts[len(parts)-1]
			parts = parts[:len(parts)-1]
			if child > top+1 {
				total++
			}
			total++ // top itself
			child = top
		}
		if child > part+1 {
			total++
		}
		if part >= 0 && (len(parts) == 0 || parts[len(parts)-1] != part) {
			parts = append(parts, part)
		}
	}
	return total
}

// commonBytes is the number of bytes that the keys of two IDs begin with alike; they are big endian.
func commonBytes(a, b StreamID) int {
	if a.Ms != b.Ms {
		return bits.LeadingZeros64(a.Ms^b.Ms) / 8
	}
	return 8 + bits.LeadingZeros64(a.Seq^b.Seq)/8
}

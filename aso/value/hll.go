package value

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// A HyperLogLog is a string in the form that Redis has for it: 4 bytes HYLL, the encoding, 3 bytes not used, the cached estimate in 8 bytes, little
// endian, whose highest bit says that it is out of date, and the registers.
const (
	hllMagic     = "HYLL"
	hllHeader    = 16
	hllDense     = 0 // 6 bits a register, from the lowest bit of a byte on
	hllSparse    = 1 // see hll_sparse.go
	hllP         = 14
	hllQ         = 64 - hllP
	hllRegisters = 1 << hllP
	hllDenseSize = hllHeader + hllRegisters*6/8
)

// Where the cached estimate of a HyperLogLog is, and the bit that says that it is out of date.
const (
	HLLCacheAt = 8
	HLLStaleAt = 15
	HLLStale   = 0x80
)

// HLLRegisters is the greatest ranks of the elements of a HyperLogLog, by register.
type HLLRegisters [hllRegisters]byte

// NewHLL returns a HyperLogLog without elements.
func NewHLL() []byte {
	b := make([]byte, hllHeader, hllHeader+8)
	copy(b, hllMagic)
	b[4] = hllSparse
	return appendZeros(b, hllRegisters)
}

// IsHLL reports whether a string looks like a HyperLogLog. The registers of a sparse one may still be corrupt.
func IsHLL(b []byte) bool {
	return len(b) >= hllHeader && string(b[:4]) == hllMagic && (b[4] == hllSparse || b[4] == hllDense && len(b) == hllDenseSize)
}

// HLLIsDense reports whether the HyperLogLog b is dense.
func HLLIsDense(b []byte) bool { return b[4] == hllDense }

// HLLCached returns the cached estimate of the HyperLogLog b; ok is false if it is out of date.
func HLLCached(b []byte) (n uint64, ok bool) {
	return binary.LittleEndian.Uint64(b[HLLCacheAt:]), b[HLLStaleAt]&HLLStale == 0
}

// HLLRank returns the register of an element, and its rank there: how many zeros the rest of its hash starts with, and 1.
func HLLRank(element []byte) (register int, rank byte) {
	h := murmur64A(element, 0xadc83b19)
	return int(h % hllRegisters), byte(bits.TrailingZeros64(h>>hllP|1<<hllQ)) + 1
}

// murmur64A is MurmurHash64A.
func murmur64A(b []byte, seed uint64) uint64 {
	const m, r = 0xc6a4a7935bd1e995, 47
	h := seed ^ uint64(len(b))*m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		k ^= k >> r
		h = (h ^ k*m) * m
	}
	if len(b) > 0 {
		var rest [8]byte
		copy(rest[:], b)
		h = (h ^ binary.LittleEndian.Uint64(rest[:])) * m
	}
	h ^= h >> r
	h *= m
	return h ^ h>>r
}

// HLLPatch returns what two bytes of the dense HyperLogLog b become, and where they stand, when an element has a rank in a register. ok is false
// if they stay as they are. The last register has one byte only.
func HLLPatch(b []byte, register int, rank byte) (at int, patch [2]byte, n int, ok bool) {
	bit := register * 6
	at, n = hllHeader+bit/8, 2
	shift := bit % 8
	word := uint16(b[at])
	if at+1 < len(b) {
		word |= uint16(b[at+1]) << 8
	} else {
		n = 1
	}
	if byte(word>>shift)&63 >= rank {
		return 0, patch, 0, false
	}
	word = word&^(63<<shift) | uint16(rank)<<shift
	binary.LittleEndian.PutUint16(patch[:], word)
	return at, patch, n, true
}

// setDense raises a register of the dense HyperLogLog b and reports whether that changed it.
func setDense(b []byte, register int, rank byte) bool {
	at, patch, n, ok := HLLPatch(b, register, rank)
	if ok {
		copy(b[at:at+n], patch[:n])
	}
	return ok
}

// HLLMarkStale says in the HyperLogLog b that the cached estimate is out of date.
func HLLMarkStale(b []byte) { b[HLLStaleAt] |= HLLStale }

// HLLToDense returns the HyperLogLog b as a dense one, b itself if it is one. ok is false if b is corrupt.
func HLLToDense(b []byte) (dense []byte, ok bool) {
	if HLLIsDense(b) {
		return b, true
	}
	dense = make([]byte, hllDenseSize)
	copy(dense, b[:hllHeader])
	dense[4] = hllDense
	ok = eachSparse(b, func(first, n int, rank byte) {
		for i := first; rank > 0 && i < first+n; i++ {
			setDense(dense, i, rank)
		}
	})
	return dense, ok
}

// Merge raises the registers to those of the HyperLogLog b. ok is false if b is corrupt.
func (r *HLLRegisters) Merge(b []byte) (ok bool) {
	if !HLLIsDense(b) {
		return eachSparse(b, func(first, n int, rank byte) {
			for i := first; rank > 0 && i < first+n; i++ {
				r[i] = max(r[i], rank)
			}
		})
	}
	for i := 0; i < hllRegisters; i += 8 {
		binary.LittleEndian.PutUint64(r[i:], maxBytes(binary.LittleEndian.Uint64(r[i:]), spreadRegisters(b, i)))
	}
	return true
}

// PutDense makes the registers those of the dense HyperLogLog b.
func (r *HLLRegisters) PutDense(b []byte) {
	for i := 0; i < hllRegisters; i += 8 {
		packed := packRegisters(binary.LittleEndian.Uint64(r[i:]))
		at := b[hllHeader+i*6/8:][:6]
		binary.LittleEndian.PutUint32(at, uint32(packed))
		binary.LittleEndian.PutUint16(at[4:], uint16(packed>>32))
	}
}

// spreadRegisters returns eight registers of the dense HyperLogLog b from the register i on, which is a multiple of 8, a byte each, the lowest first.
func spreadRegisters(b []byte, i int) uint64 {
	at := b[hllHeader+i*6/8:][:6]
	x := uint64(binary.LittleEndian.Uint32(at)) | uint64(binary.LittleEndian.Uint16(at[4:]))<<32
	x = x&0x0000000000ffffff | x&0x0000ffffff000000<<8
	x = x&0x00000fff00000fff | x&0x00fff00000fff000<<4
	return x&0x003f003f003f003f | x&0x0fc00fc00fc00fc0<<2
}

// packRegisters is the inverse of spreadRegisters: 48 bits.
func packRegisters(x uint64) uint64 {
	x = x&0x003f003f003f003f | x>>2&0x0fc00fc00fc00fc0
	x = x&0x00000fff00000fff | x>>4&0x00fff00000fff000
	return x&0x0000000000ffffff | x>>8&0x0000ffffff000000
}

// maxBytes returns the greater of each two bytes, which are less than 128.
func maxBytes(a, b uint64) uint64 {
	const top = 0x8080808080808080
	atLeast := ((a | top) - b) & top >> 7 * 0xff // all bits of the bytes of a that are not less
	return a&atLeast | b&^atLeast
}

// histogram is how many registers have each rank.
type histogram [64]int

// rankCounts counts ranks for a histogram. Registers in a row mostly have near ranks: with one count of each rank, they would wait for each other.
type rankCounts [4][64]int

// add counts eight registers, a byte each.
func (c *rankCounts) add(eight uint64) {
	if eight == 0 {
		c[0][0] += 8
		return
	}
	c[0][eight&63]++
	c[1][eight>>8&63]++
	c[2][eight>>16&63]++
	c[3][eight>>24&63]++
	c[0][eight>>32&63]++
	c[1][eight>>40&63]++
	c[2][eight>>48&63]++
	c[3][eight>>56&63]++
}

func (c *rankCounts) histogram() (h histogram) {
	for rank := range h {
		h[rank] = c[0][rank] + c[1][rank] + c[2][rank] + c[3][rank]
	}
	return h
}

// Estimate returns about how many different elements there are.
func (r *HLLRegisters) Estimate() uint64 {
	var c rankCounts
	for i := 0; i < len(r); i += 8 {
		c.add(binary.LittleEndian.Uint64(r[i:]))
	}
	h := c.histogram()
	return h.estimate()
}

// HLLEstimate returns about how many different elements the HyperLogLog b has had. ok is false if it is corrupt.
func HLLEstimate(b []byte) (n uint64, ok bool) {
	var h histogram
	ok = true
	if HLLIsDense(b) {
		var c rankCounts
		for i := 0; i < hllRegisters; i += 8 {
			c.add(spreadRegisters(b, i))
		}
		h = c.histogram()
	} else {
		ok = eachSparse(b, func(_, n int, rank byte) { h[rank] += n })
	}
	return h.estimate(), ok
}

// estimate is that of Otmar Ertl, New cardinality estimation algorithms for HyperLogLog sketches, arXiv:1702.01284. The conversions keep the
// compiler from joining operations on other processors, which would round differently.
func (h *histogram) estimate() uint64 {
	const m, alpha = float64(hllRegisters), 0.721347520444481703680
	z := m * hllTau((m-float64(h[hllQ+1]))/m)
	for j := hllQ; j >= 1; j-- {
		z = float64(z+float64(h[j])) * 0.5
	}
	z += float64(m * hllSigma(float64(h[0])/m))
	return uint64(math.Round(alpha * m * m / z))
}

func hllSigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += float64(x * y)
		y += y
		if before == z {
			return z
		}
	}
}

func hllTau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= float64(float64((1-x)*(1-x)) * y)
		if before == z {
			return z / 3
		}
	}
}

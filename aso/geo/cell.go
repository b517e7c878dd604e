package geo

// Point is a position in degrees.
type Point struct{ Lon, Lat float64 }

// The bounds of positions, those of the Mercator projection EPSG:900913.
const (
	MaxLon = 180.0
	MaxLat = 85.05112878
)

// precision is the number of halvings of each axis in a score.
const precision = 26

// Valid reports whether p has a score.
func (p Point) Valid() bool {
	return -MaxLon <= p.Lon && p.Lon <= MaxLon && -MaxLat <= p.Lat && p.Lat <= MaxLat
}

// cell is one of the 4^step rectangles that the world is divided in: the bits of both axes interleaved, those of the longitude at the odd
// places. The zero value is no cell.
type cell struct {
	bits uint64
	step uint
}

// Score returns the position as a score, an integer of 52 bits.
func (p Point) Score() uint64 { return p.cell(precision, MaxLat).bits }

// cell returns the cell of a valid p, in a world that ends at the latitudes of ±maxLat.
func (p Point) cell(step uint, maxLat float64) cell {
	lat := (p.Lat + maxLat) / (maxLat + maxLat) * float64(uint64(1)<<step)
	lon := (p.Lon + MaxLon) / (MaxLon + MaxLon) * float64(uint64(1)<<step)
	return cell{spread(uint32(uint64(lat))) | spread(uint32(uint64(lon)))<<1, step}
}

// area is what a cell covers.
type area struct{ min, max Point }

func (c cell) area() area {
	lat, lon := gather(c.bits), gather(c.bits>>1)
	return area{
		Point{degrees(lon, c.step, MaxLon), degrees(lat, c.step, MaxLat)},
		Point{degrees(lon+1, c.step, MaxLon), degrees(lat+1, c.step, MaxLat)},
	}
}

// degrees returns where the part n of the 2^step parts of an axis begins.
func degrees(n uint32, step uint, limit float64) float64 {
	return -limit + float64(float64(n)/float64(uint64(1)<<step)*(limit+limit)) // the conversion keeps other processors from fusing operations
}

// Position returns the middle of the cell that a score stands for. Every number is the score of some position.
func Position(score float64) Point {
	bits := scoreBits(score)
	return Point{middle(gather(bits>>1), MaxLon), middle(gather(bits), MaxLat)}
}

// middle returns the middle of the part n of an axis that ends at limit.
func middle(n uint32, limit float64) float64 {
	d := (degrees(n, precision, limit) + degrees(n+1, precision, limit)) / 2
	if d > limit {
		return limit
	}
	return d
}

// scoreBits converts a score as C compilers for x86-64 do, also where C leaves it open.
func scoreBits(score float64) uint64 {
	const top = 1 << 63
	switch {
	case score >= 2*top:
		return 0
	case score >= top:
		return uint64(score-top) | top
	case score >= -top:
		return uint64(int64(score))
	}
	return top
}

const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

// Geohash returns the position in the notation of geohash.org, with 11 letters, of which the last is always 0.
func (p Point) Geohash() (text [11]byte) {
	const bitsPerLetter = 5
	bits := p.cell(precision, 90).bits
	for i := range text {
		shift := 2*precision - bitsPerLetter*(i+1)
		text[i] = alphabet[0]
		if shift >= 0 {
			text[i] = alphabet[bits>>shift&(1<<bitsPerLetter-1)]
		}
	}
	return text
}

// The bits of either axis.
const (
	lonBits uint64 = 0xaaaaaaaaaaaaaaaa
	latBits uint64 = 0x5555555555555555
)

// move returns the cell dx cells to the east and dy to the north, around the world on both axes.
func (c cell) move(dx, dy int) cell {
	lon := addInterleaved(c.bits, lonBits, c.step, dx)
	lat := addInterleaved(c.bits, latBits, c.step, dy)
	return cell{lon | lat, c.step}
}

// addInterleaved adds d, which is -1, 0 or 1, to the number in the bits of an axis, and returns these.
func addInterleaved(bits, axis uint64, step uint, d int) uint64 {
	shift := 64 - 2*step
	n, others := bits&axis, ^axis>>shift
	switch {
	case d > 0:
		n += others + 1
	case d < 0:
		n = n | others
		n -= others + 1
	}
	if d != 0 {
		n &= axis >> shift
	}
	return n
}

// spread puts the bits of n at the even places.
func spread(n uint32) uint64 {
	x := uint64(n)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & latBits
}

// gather is the inverse of spread.
func gather(x uint64) uint32 {
	x &= latBits
	x = (x | x>>1) & 0x3333333333333333
	x = (x | x>>2) & 0x0f0f0f0f0f0f0f0f
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16)
}

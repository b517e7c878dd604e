package aso

import (
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"
)

// ref names a block of an arena: the chunk number and the offset in it, in units of 8 bytes. It fits 40 bits; 0 is no block.
type ref uint64

const (
	refBits    = 40
	chunkShift = 22 // 4 MiB
	chunkSize  = 1 << chunkShift
	unitShift  = 3 // a ref counts units of 8 bytes
	maxChunks  = 1 << (refBits - (chunkShift - unitShift))
	offsetMask = 1<<(chunkShift-unitShift) - 1

	fineStep  = 16        // blocks up to fineMax are multiples of fineStep
	fineMax   = 512       //
	maxBlock  = 256 << 10 // so that a record's slack fits 16 bits
	spanSize  = 64 << 10  // a class takes this much of a chunk at a time; bigger blocks are their own span
	hugeClass = 255       // a block of its own mapping
)

// arena hands out blocks of bytes that the garbage collector neither scans nor counts. It is a segregated-fit allocator: size
// classes with at most 12.5 % between neighbours, an intrusive free list each. Blocks never move. Blocks are reused but not given
// back to the operating system before reset.
//
// alloc and free may be called by several goroutines; the bytes of a block belong to whoever allocated it.
type arena struct {
	classes [maxClass]sizeClass
	used    atomic.Int64 // bytes in blocks handed out
	mapped  atomic.Int64 // bytes mapped from the operating system

	mu     sync.Mutex // guards what follows; taken after a class's lock
	chunks []unsafe.Pointer
	huge   map[ref]int // size of each block of hugeClass
	tail   int         // bytes handed out of the last chunk
	last   int         // number of the last chunk for spans; 0 is none
	spare  []int       // chunk numbers whose mapping was given back

	base *[maxChunks]unsafe.Pointer // start of each chunk; written under mu, read by owners of blocks
}

// sizeClass is the free list of blocks of one size.
type sizeClass struct {
	mu   sync.Mutex
	free ref // first free block; its first 8 bytes name the next
	next ref // bump pointer into the current span
	left int // blocks left in the span
	live int // blocks handed out
	_    [24]byte
}

// classSizes are the block sizes; sizeToClass finds the class of a size up to fineMax in units of fineStep.
var classSizes = makeClassSizes()

const maxClass = 128

func makeClassSizes() (sizes [maxClass]int) {
	n := 0
	for size := fineStep; size <= fineMax; size += fineStep {
		sizes[n] = size
		n++
	}
	for size := fineMax; size < maxBlock; size *= 2 {
		for step := 1; step <= 8; step++ {
			sizes[n] = size + size/8*step
			n++
		}
	}
	return sizes
}

// classFor returns the smallest class whose blocks hold size bytes, or hugeClass.
func classFor(size int) uint8 {
	switch {
	case size <= fineMax:
		return uint8((max(size, 1) - 1) / fineStep)
	case size > maxBlock:
		return hugeClass
	}
	octave := bits.Len(uint(size-1)) - bits.Len(fineMax) // size is in (fineMax<<octave, fineMax<<(octave+1)]
	low := fineMax << octave
	step := (size - low + low/8 - 1) / (low / 8)
	return uint8(fineMax/fineStep + octave*8 + step - 1)
}

func newArena() *arena {
	return &arena{base: newChunkTable(), huge: map[ref]int{}}
}

// newChunkTable returns room for the start of every chunk. It is mapped too, so that it costs no memory until used and the garbage
// collector does not scan it; a chunk on Go's heap is kept alive by arena.chunks.
func newChunkTable() *[maxChunks]unsafe.Pointer {
	mem, err := mapMemory(maxChunks * int(unsafe.Sizeof(unsafe.Pointer(nil))))
	if err != nil {
		return new([maxChunks]unsafe.Pointer)
	}
	return (*[maxChunks]unsafe.Pointer)(unsafe.Pointer(unsafe.SliceData(mem)))
}

// alloc returns a block of at least size bytes and its class. Its content is undefined.
func (a *arena) alloc(size int) (ref, uint8, error) {
	class := classFor(size)
	if class == hugeClass {
		r, err := a.allocHuge(size)
		return r, class, err
	}
	c := &a.classes[class]
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.free
	switch {
	case r != 0:
		c.free = ref(*(*uint64)(a.at(r)))
	default:
		if c.left == 0 {
			if err := a.refill(c, classSizes[class]); err != nil {
				return 0, 0, err
			}
		}
		r = c.next
		c.next += ref(classSizes[class] >> unitShift)
		c.left--
	}
	c.live++
	a.used.Add(int64(classSizes[class]))
	return r, class, nil
}

// freeBlock takes back the block r of class.
func (a *arena) freeBlock(r ref, class uint8) {
	if class == hugeClass {
		a.freeHuge(r)
		return
	}
	c := &a.classes[class]
	c.mu.Lock()
	*(*uint64)(a.at(r)) = uint64(c.free)
	c.free = r
	c.live--
	c.mu.Unlock()
	a.used.Add(-int64(classSizes[class]))
}

// bytes returns the block r, of a size known to its owner.
func (a *arena) bytes(r ref, size int) []byte {
	return unsafe.Slice((*byte)(a.at(r)), size)
}

func (a *arena) at(r ref) unsafe.Pointer {
	return unsafe.Add(a.base[r>>(chunkShift-unitShift)], (r&offsetMask)<<unitShift)
}

// record returns the record in the block r.
func (a *arena) record(r ref) record {
	p := a.at(r)
	class := *(*byte)(p)
	size := classSizes[class&(maxClass-1)]
	if class == hugeClass {
		size = a.blockSize(r, class)
	}
	slack := *(*uint16)(unsafe.Add(p, slackOffset))
	return unsafe.Slice((*byte)(p), size-int(slack))
}

// firstByte returns the first byte of the block r.
func (a *arena) firstByte(r ref) byte { return *(*byte)(a.at(r)) }

// secondLine returns the byte of the block r that is a cache line behind the first one, or 0 if the block is no longer than a line.
func (a *arena) secondLine(r ref) byte {
	const line = 64
	p := a.at(r)
	if *(*byte)(p) <= (line-1)/fineStep {
		return 0
	}
	return *(*byte)(unsafe.Add(p, line))
}

// recordKey returns the key of the record in the block r.
func recordKey(a *arena, r ref) []byte { return a.record(r).key() }

// blockSize returns the size of the block r of class.
func (a *arena) blockSize(r ref, class uint8) int {
	if class != hugeClass {
		return classSizes[class]
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.huge[r]
}

// refill gives the class c a new span. c.mu is held.
func (a *arena) refill(c *sizeClass, size int) error {
	span := max(spanSize/size, 1) * size
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last == 0 || a.tail+span > chunkSize {
		chunk, err := a.mapChunkLocked(chunkSize)
		if err != nil {
			return err
		}
		a.last, a.tail = chunk, 0
	}
	c.next = ref(a.last)<<(chunkShift-unitShift) | ref(a.tail>>unitShift)
	c.left = span / size
	a.tail += span
	return nil
}

// mapChunkLocked maps size bytes and returns the number under which at finds them.
func (a *arena) mapChunkLocked(size int) (int, error) {
	chunk := len(a.chunks) + 1 // chunk 0 is never used, so that ref 0 is no block
	if n := len(a.spare); n > 0 {
		chunk = a.spare[n-1]
	}
	if chunk >= maxChunks {
		return 0, fmt.Errorf("arena: %d chunks of memory in use, no more can be named", maxChunks)
	}
	mem, err := mapMemory(size)
	if err != nil {
		return 0, fmt.Errorf("arena: map %d bytes: %w", size, err)
	}
	start := unsafe.Pointer(unsafe.SliceData(mem))
	if n := len(a.spare); n > 0 {
		a.spare = a.spare[:n-1]
		a.chunks[chunk-1] = start
	} else {
		a.chunks = append(a.chunks, start)
	}
	a.base[chunk] = start
	a.mapped.Add(int64(size))
	return chunk, nil
}

func (a *arena) allocHuge(size int) (ref, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	chunk, err := a.mapChunkLocked(size)
	if err != nil {
		return 0, err
	}
	r := ref(chunk) << (chunkShift - unitShift)
	a.huge[r] = size
	a.used.Add(int64(size))
	return r, nil
}

func (a *arena) freeHuge(r ref) {
	a.mu.Lock()
	defer a.mu.Unlock()
	size := a.huge[r]
	delete(a.huge, r)
	a.unmapLocked(int(r>>(chunkShift-unitShift)), size)
	a.used.Add(-int64(size))
}

func (a *arena) unmapLocked(chunk, size int) {
	unmapMemory(unsafe.Slice((*byte)(a.base[chunk]), size))
	a.forgetLocked(chunk, size)
}

// forgetLocked lets the number chunk be used again.
func (a *arena) forgetLocked(chunk, size int) {
	a.base[chunk], a.chunks[chunk-1] = nil, nil
	a.spare = append(a.spare, chunk)
	a.mapped.Add(-int64(size))
}

// reset returns all mappings, for the caller to unmap, when no block is in use, and none otherwise. The caller sees to it that nobody
// allocates meanwhile.
func (a *arena) reset() (mappings [][]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.used.Load() != 0 {
		return nil
	}
	for i := range a.classes {
		a.classes[i] = sizeClass{}
	}
	for i, start := range a.chunks {
		if start != nil {
			mappings = append(mappings, unsafe.Slice((*byte)(start), chunkSize))
			a.forgetLocked(i+1, chunkSize)
		}
	}
	a.last, a.tail = 0, 0
	return mappings
}

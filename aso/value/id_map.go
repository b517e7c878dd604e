package value

import (
	"slices"
	"sort"
	"unsafe"
)

// idMap maps stream IDs to values in the order of the IDs. It is a list of
// blocks, for IDs mostly come at the end and go at the front. Methods that
// change it add what its memory grows by to held.
type idMap[V any] struct {
	blocks [][]idEntry[V]
	n      int
}

type idEntry[V any] struct {
	id StreamID
	v  V
}

// idBlock is the number of entries up to which a block grows.
const idBlock = 128

const blockHeader = 24

func (m *idMap[V]) blockSize(b []idEntry[V]) int { return cap(b) * int(unsafe.Sizeof(idEntry[V]{})) }

func (m *idMap[V]) memUsage() int {
	size := blockHeader * cap(m.blocks)
	for _, b := range m.blocks {
		size += m.blockSize(b)
	}
	return size
}

// seek returns where id is, or where it belongs: a block, and a place in it that may be its end.
func (m *idMap[V]) seek(id StreamID) (i, k int) {
	i = max(sort.Search(len(m.blocks), func(i int) bool { return id.Less(m.blocks[i][0].id) })-1, 0)
	if i == len(m.blocks) {
		return i, 0
	}
	b := m.blocks[i]
	return i, sort.Search(len(b), func(k int) bool { return !b[k].id.Less(id) })
}

// get returns the value of id, nil if there is none. It is valid until the next change.
func (m *idMap[V]) get(id StreamID) *V {
	i, k := m.seek(id)
	if i == len(m.blocks) || k == len(m.blocks[i]) || m.blocks[i][k].id != id {
		return nil
	}
	return &m.blocks[i][k].v
}

// put gives id a value.
func (m *idMap[V]) put(id StreamID, v V, held *int) {
	i, k := m.seek(id)
	if i < len(m.blocks) && k < len(m.blocks[i]) && m.blocks[i][k].id == id {
		m.blocks[i][k].v = v
		return
	}
	m.n++
	before := blockHeader * cap(m.blocks)
	switch {
	case len(m.blocks) == 0 || len(m.blocks[i]) == idBlock && i == len(m.blocks)-1 && k == idBlock:
		m.blocks = append(m.blocks, nil) // IDs that come in order leave full blocks
		i, k = len(m.blocks)-1, 0
	case len(m.blocks[i]) == idBlock:
		i, k = m.split(i, k, held)
	}
	*held += blockHeader*cap(m.blocks) - before
	*held -= m.blockSize(m.blocks[i])
	m.blocks[i] = slices.Insert(m.blocks[i], k, idEntry[V]{id, v})
	*held += m.blockSize(m.blocks[i])
}

// split cuts block i in two and returns where its place k is now.
func (m *idMap[V]) split(i, k int, held *int) (int, int) {
	const half = idBlock / 2
	b := m.blocks[i]
	upper := append(make([]idEntry[V], 0, idBlock), b[half:]...)
	clear(b[half:])
	m.blocks[i] = b[:half]
	m.blocks = slices.Insert(m.blocks, i+1, upper)
	*held += m.blockSize(upper)
	if k > half {
		return i + 1, k - half
	}
	return i, k
}

// remove removes id and reports whether it was there.
func (m *idMap[V]) remove(id StreamID, held *int) bool {
	i, k := m.seek(id)
	if i == len(m.blocks) || k == len(m.blocks[i]) || m.blocks[i][k].id != id {
		return false
	}
	m.n--
	m.blocks[i] = slices.Delete(m.blocks[i], k, k+1)
	switch {
	case len(m.blocks[i]) == 0:
		m.dropBlock(i, held)
	case i+1 < len(m.blocks) && len(m.blocks[i])+len(m.blocks[i+1]) <= idBlock/2:
		*held -= m.blockSize(m.blocks[i])
		m.blocks[i] = append(m.blocks[i], m.blocks[i+1]...)
		*held += m.blockSize(m.blocks[i])
		m.dropBlock(i+1, held)
	}
	return true
}

func (m *idMap[V]) dropBlock(i int, held *int) {
	*held -= m.blockSize(m.blocks[i])
	m.blocks = slices.Delete(m.blocks, i, i+1)
	if len(m.blocks) == 0 {
		*held -= blockHeader * cap(m.blocks)
		m.blocks = nil
	}
}

// ascend calls fn for the entries from an ID on until it returns false.
func (m *idMap[V]) ascend(from StreamID, fn func(id StreamID, v *V) bool) {
	i, k := m.seek(from)
	for ; i < len(m.blocks); i, k = i+1, 0 {
		for ; k < len(m.blocks[i]); k++ {
			if e := &m.blocks[i][k]; !fn(e.id, &e.v) {
				return
			}
		}
	}
}

// edges returns the least and the greatest ID; there must be one.
func (m *idMap[V]) edges() (first, last StreamID) {
	b := m.blocks[len(m.blocks)-1]
	return m.blocks[0][0].id, b[len(b)-1].id
}

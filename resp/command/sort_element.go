package command

import "sync"

// sortItem is an element: its number, and its weight unless ALPHA is given.
type sortItem struct {
	weight float64
	at     int
}

// sortElements is what SORT sorts, with room to do that. The garbage collector has nothing to look for there.
type sortElements struct {
	items []sortItem
	other []sortItem // scratch
	text  []byte     // the elements, copied: handlers may change the value
	ends  []int      // where each ends in text
}

var sortElementsPool = sync.Pool{New: func() any { return new(sortElements) }}

// release makes e ready for another SORT.
func (e *sortElements) release() {
	const keep = 1 << 16 // elements, or bytes of 16 each
	if cap(e.items) > keep || cap(e.text) > 16*keep {
		return
	}
	e.items, e.text, e.ends = e.items[:0], e.text[:0], e.ends[:0]
	sortElementsPool.Put(e)
}

// add appends an element.
func (e *sortElements) add(text []byte) {
	e.items = append(e.items, sortItem{at: len(e.items)})
	e.text = append(e.text, text...)
	e.ends = append(e.ends, len(e.text))
}

// element returns the text of element i.
func (e *sortElements) element(i int) []byte {
	start := 0
	if i > 0 {
		start = e.ends[i-1]
	}
	return e.text[start:e.ends[i]:e.ends[i]]
}

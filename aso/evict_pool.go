package aso

import (
	"bytes"
	"slices"
)

// candidate is an object that may give way. The higher its score, the sooner.
type candidate struct {
	score uint64
	part  int
	db    int
	key   []byte // the pool's
}

// evictionPool has the best candidates of several samples, as in Redis, so that a few samples find about what a look at all objects would. It is
// ordered by score; the buffers of the keys stay in their places.
type evictionPool struct {
	candidates [poolSize]candidate
	count      int
}

const poolSize = 16

// add adds a candidate, unless the pool is full of better ones. It copies the key.
func (p *evictionPool) add(c candidate) {
	all := p.candidates[:p.count]
	if slices.ContainsFunc(all, func(o candidate) bool { return o.part == c.part && o.db == c.db && bytes.Equal(o.key, c.key) }) {
		return
	}
	at := 0
	for at < p.count && all[at].score < c.score {
		at++
	}
	var free candidate // whose buffer is used again
	switch {
	case p.count < poolSize:
		free = p.candidates[p.count]
		copy(p.candidates[at+1:], p.candidates[at:p.count])
		p.count++
	case at == 0:
		return
	default:
		free = p.candidates[0]
		at--
		copy(p.candidates[:at], p.candidates[1:at+1])
	}
	c.key = append(free.key[:0], c.key...)
	p.candidates[at] = c
}

// take takes the best candidate out, nil if there is none. It is valid until the next add.
func (p *evictionPool) take() *candidate {
	if p.count == 0 {
		return nil
	}
	p.count--
	return &p.candidates[p.count]
}

package aso

import (
	"slices"
	"strings"
)

// radix is a persistent radix tree of strings: with and without return a tree that shares all but the path to the change, so a reader
// keeps the one it has. nil is the empty tree.
type radix[V any] struct {
	label    string // what the edge to this node adds; empty only at the root
	there    bool   // the string that ends here is in the tree
	value    V
	children []*radix[V] // by the first byte of their labels, which differ
}

// child returns the child whose label begins with c, or where it would stand.
func (n *radix[V]) child(c byte) (i int, found bool) {
	return slices.BinarySearchFunc(n.children, c, func(n *radix[V], c byte) int { return int(n.label[0]) - int(c) })
}

// step returns the child that is a prefix of key, and what is left of key behind it, or nil.
func (n *radix[V]) step(key []byte) (next *radix[V], rest []byte) {
	if len(key) == 0 {
		return nil, nil
	}
	i, found := n.child(key[0])
	if !found {
		return nil, nil
	}
	next = n.children[i]
	if len(key) < len(next.label) || string(key[:len(next.label)]) != next.label {
		return nil, nil
	}
	return next, key[len(next.label):]
}

// get returns the value of key.
func (n *radix[V]) get(key string) (v V, there bool) {
	for rest := []byte(key); n != nil; n, rest = n.step(rest) {
		if len(rest) == 0 {
			return n.value, n.there
		}
	}
	return v, false
}

// each calls fn for all strings in their order, until it returns false.
func (n *radix[V]) each(fn func(v V) bool) bool {
	if n == nil {
		return true
	}
	if n.there && !fn(n.value) {
		return false
	}
	for _, c := range n.children {
		if !c.each(fn) {
			return false
		}
	}
	return true
}

// with returns the tree in which key has the value v.
func (n *radix[V]) with(key string, v V) *radix[V] {
	if n == nil {
		n = &radix[V]{}
	}
	changed := *n
	if key == "" {
		changed.there, changed.value = true, v
		return &changed
	}
	i, found := n.child(key[0])
	if !found {
		changed.children = slices.Insert(slices.Clone(n.children), i, &radix[V]{label: key, there: true, value: v})
		return &changed
	}
	changed.children = slices.Clone(n.children)
	changed.children[i] = n.children[i].split(key, v)
	return &changed
}

// split returns the node n with key, which begins as its label does, below it or in its place.
func (n *radix[V]) split(key string, v V) *radix[V] {
	shared := 0
	for shared < len(key) && shared < len(n.label) && key[shared] == n.label[shared] {
		shared++
	}
	if shared == len(n.label) {
		return n.with(key[shared:], v)
	}
	lower := *n
	lower.label = n.label[shared:]
	upper := &radix[V]{label: n.label[:shared], children: []*radix[V]{&lower}}
	return upper.with(key[shared:], v)
}

// without returns the tree without key.
func (n *radix[V]) without(key string) *radix[V] {
	if n == nil {
		return nil
	}
	changed := *n
	if key == "" {
		var none V
		changed.there, changed.value = false, none
		return changed.pruned()
	}
	i, found := n.child(key[0])
	if !found || !strings.HasPrefix(key, n.children[i].label) {
		return n
	}
	child := n.children[i].without(key[len(n.children[i].label):])
	if child == nil {
		changed.children = slices.Delete(slices.Clone(n.children), i, i+1)
	} else {
		changed.children = slices.Clone(n.children)
		changed.children[i] = child
	}
	return changed.pruned()
}

// pruned returns n without nodes that nothing needs: nil if nothing is left of it.
func (n *radix[V]) pruned() *radix[V] {
	switch {
	case n.there || len(n.children) > 1:
		return n
	case len(n.children) == 0:
		return nil
	case n.label == "": // the root, whose label stays empty
		return n
	}
	only := *n.children[0]
	only.label = n.label + only.label
	return &only
}

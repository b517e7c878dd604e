package aso

import (
	"pgregory.net/rapid"

	"comet/aso/value"
)

func (s *step) replaceSet(key string) {
	var v value.Set
	o := object{Kind: KindSet, Members: map[string]float64{}}
	for _, m := range s.members() {
		v.Add(s.tx.ks.limits.Load(), []byte(m))
		o.Members[m] = 0
	}
	must(s.t, s.tx.ReplaceSet([]byte(key), &v))
	s.store(key, o)
}

func (s *step) replaceZSet(key string) {
	var v value.ZSet
	o := object{Kind: KindZSet, Members: map[string]float64{}}
	for i, m := range s.members() {
		v.Set(s.tx.ks.limits.Load(), []byte(m), float64(i))
		o.Members[m] = float64(i)
	}
	must(s.t, s.tx.ReplaceZSet([]byte(key), &v))
	s.store(key, o)
}

func (s *step) replaceList(key string) {
	var v value.List
	o := object{Kind: KindList}
	for _, m := range s.members() {
		v.PushBack(s.tx.ks.limits.Load(), []byte(m))
		o.Items = append(o.Items, m)
	}
	must(s.t, s.tx.ReplaceList([]byte(key), &v))
	s.store(key, o)
}

func (s *step) members() []string {
	return rapid.SliceOfNDistinct(drawMember, 1, 8, rapid.ID).Draw(s.t, "members")
}

package aso

// DeleteRange removes the members of the ranks from (included) to to (excluded).
func (z *ZSet) DeleteRange(from, to int) {
	var few [128]byte
	member := few[:0]
	for ; from < to; to-- {
		m, _, ok := z.At(from)
		if !ok {
			return
		}
		member = append(member[:0], m...) // Delete moves the memory that m is in
		z.Delete(member)
	}
}

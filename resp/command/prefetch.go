package command

// prefetch fetches from memory what commands will look up, whose locks are held: first their keys, then the fields and members that
// commands in a row name of the same key.
func (b *batch) prefetch(reqs []request) {
	hints := b.hints[:0]
	for i := range reqs {
		if r := &reqs[i]; r.hasOneKey() && (i == 0 || r.hint != reqs[i-1].hint) {
			hints = append(hints, r.hint)
		}
	}
	if len(hints) > 1 {
		b.tx.Prefetch(b.ses.db, hints)
	}
	for i := 0; i < len(reqs); {
		first, end := &reqs[i], i
		items := b.items[:0]
		for ; end < len(reqs) && reqs[end].cmd.item > 0 && reqs[end].hint == first.hint; end++ {
			if r := &reqs[end]; r.cmd.item < len(r.args) {
				items = append(items, r.args[r.cmd.item])
			}
		}
		if len(items) > 1 {
			b.tx.PrefetchItems(b.ses.db, first.args[first.cmd.keys.first], first.hint, items)
		}
		i = max(end, i+1)
	}
}

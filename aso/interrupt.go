package aso

// Interrupt stops the waiting of w and closes Done, and reports false if it was served or stopped before. The Tx holds the locks of
// its keys.
func (tx *Tx) Interrupt(w *Waiter) bool {
	for _, k := range w.keys {
		tx.ks.parts[partitionOf(Slot([]byte(k.key)))].forget(k, w)
	}
	if !w.state.CompareAndSwap(waiting, ended) {
		return false
	}
	close(w.done)
	return true
}

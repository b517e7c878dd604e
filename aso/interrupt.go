package aso

// Interrupt stops the waiting of w and closes Done, and reports false if it was served or stopped before. The Tx holds the locks of
// its keys.
func (tx *Tx) Interrupt(w *Waiter) bool {
	if !tx.unblock(w) {
		return false
	}
	close(w.done)
	return true
}

package aso

import "context"

// StartJournal gives the effects of all units from now on to c. Before, keep makes everything durable that is there: it calls copyTo, which passes the
// chunks of a snapshot of this moment to put. No unit runs meanwhile. After an error nothing has changed.
func (ks *Keyspace) StartJournal(ctx context.Context, c Committer, keep func(copyTo func(put func(seq uint64, chunk []byte) error) error) error) error {
	tx := ks.BeginAll()
	defer tx.Commit()
	ks.committer.Store(&c)
	err := keep(func(put func(seq uint64, chunk []byte) error) error { return tx.snapshot(ctx, put) })
	if err != nil {
		ks.committer.Store(nil)
	}
	return err
}

// StopJournal lets no effects go to the journal any more. What units have done so far is in it.
func (ks *Keyspace) StopJournal() {
	tx := ks.BeginAll()
	ks.committer.Store(nil)
	tx.Commit()
}

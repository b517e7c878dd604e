package aso

// firstSecret returns when the first secret expires, in Unix milliseconds, 0 if none does.
func (ks *Keyspace) firstSecret() int64 { return ks.secretSet().first }

// endSecrets forgets the secrets that have expired. It returns the journal position of that.
func (ks *Keyspace) endSecrets() (gate uint64) {
	tx := ks.BeginAll()
	tx.dropExpiredSecrets()
	_ = tx.End() // no collection is open
	return tx.Commit()
}

// dropExpiredSecrets forgets the secrets that nobody can use any more. The Tx holds all locks.
func (tx *Tx) dropExpiredSecrets() {
	if first := tx.ks.firstSecret(); first == 0 || first > tx.now {
		return
	}
	for name, s := range tx.ks.secretSet().byName {
		if s.expired(tx.now) {
			tx.replaceSecret(name, nil)
			tx.effectSecret(&Secret{Name: name})
		}
	}
}

// wipeSecrets overwrites the text of the secrets that are gone, unless they were brought back. No handler has it: those run under locks, and the Tx
// holds all.
func (tx *Tx) wipeSecrets() {
	for _, old := range tx.secrets {
		if now := tx.ks.secretSet().byName[old.Name]; now == nil || !sameSlice(now.plain, old.plain) {
			clear(old.plain)
		}
	}
	clear(tx.secrets)
	tx.secrets = tx.secrets[:0]
}

package aso

import (
	"bytes"
	"testing"
)

// secretsWorld is a keyspace with a key for secrets, on a clock of its own.
func secretsWorld(t *testing.T) (ks *Keyspace, log *recorder, now *int64) {
	now, log = new(int64(commonClock)), &recorder{}
	ks = New(Options{Databases: 2, Limits: tinyLimits(), Now: func() int64 { return *now }, Committer: log})
	must(t, ks.SetSecretKey(bytes.Repeat([]byte{7}, SecretKeySize)))
	return ks, log, now
}

// changeSecrets runs fn as a unit.
func changeSecrets(t *testing.T, ks *Keyspace, fn func(tx *Tx)) {
	t.Helper()
	tx := ks.Begin(allLocks())
	fn(tx)
	must(t, tx.End())
	tx.Commit()
}

// TestTextOfSecretsIsWiped looks at the memory of a secret that expires, is replaced, is deleted, or is that only in a part that is taken back.
func TestTextOfSecretsIsWiped(t *testing.T) {
	ks, _, now := secretsWorld(t)
	set := func(value string, until int64) (plain []byte) {
		changeSecrets(t, ks, func(tx *Tx) { must(t, tx.SetSecret("s", []byte(value), "u", until)) })
		return ks.secretSet().byName["s"].plain
	}
	wiped := func(plain []byte) bool { return len(plain) > 0 && len(bytes.Trim(plain, "\x00")) == 0 }
	first := set("first", *now+1000)
	if due := ks.FirstDue(); due != *now+1000 {
		t.Errorf("it expires at %d", due)
	}
	*now += 999
	must(t, ks.RunDue())
	if string(first) != "first" {
		t.Errorf("%q before it expires", first)
	}
	*now++
	must(t, ks.RunDue())
	if !wiped(first) || len(ks.secretSet().byName) > 0 || ks.FirstDue() != 0 {
		t.Errorf("%q, and %d secrets, when it has expired", first, len(ks.secretSet().byName))
	}
	second := set("second", 0)
	third := set("third", *now+5000)
	if !wiped(second) || string(third) != "third" {
		t.Errorf("%q replaced by %q", second, third)
	}
	changeSecrets(t, ks, func(tx *Tx) {
		m := tx.Mark()
		tx.DeleteSecret("s")
		must(t, tx.SetSecret("s", []byte("fourth"), "u", 0))
		must(t, tx.Rollback(m))
	})
	if string(third) != "third" || ks.FirstDue() != *now+5000 {
		t.Errorf("%q taken back, due at %d", third, ks.FirstDue())
	}
	changeSecrets(t, ks, func(tx *Tx) { tx.DeleteSecret("s") })
	if !wiped(third) {
		t.Errorf("%q after its end", third)
	}
}

// TestExpiredSecretsLeaveTheFiles replays a journal in which a secret has expired, and takes a snapshot.
func TestExpiredSecretsLeaveTheFiles(t *testing.T) {
	ks, log, now := secretsWorld(t)
	changeSecrets(t, ks, func(tx *Tx) { must(t, tx.SetSecret("short-lived", []byte("text"), "u", *now+1000)) })
	loaded, _, later := secretsWorld(t)
	*later += 1000
	l := loaded.NewLoader()
	must(t, l.Unit(1, bytes.Clone(log.units[0])))
	l.Close()
	plain := loaded.secretSet().byName["short-lived"].plain
	must(t, loaded.RunDue())
	if string(plain) != "\x00\x00\x00\x00" {
		t.Errorf("%q after the start", plain)
	}
	*now += 1000
	must(t, ks.RunDue())
	if len(log.units) != 2 {
		t.Errorf("%d units, want two: it is set, it is gone", len(log.units))
	}
	must(t, ks.Snapshot(t.Context(), func(_ uint64, chunk []byte) error {
		if bytes.Contains(chunk, []byte("short-lived")) {
			t.Errorf("the snapshot has it: %q", chunk)
		}
		return nil
	}))
}

package aso

import (
	"errors"
	"log/slog"

	"comet/aso/sandbox"
)

// mailWaits reports whether a message of the partition is to be delivered at now.
func (ks *Keyspace) mailWaits(part int, now int64) bool {
	at := ks.parts[part].mailDue.Load()
	return at != 0 && at <= now
}

// firstMail returns when the first message is to be delivered, 0 if none is.
func (ks *Keyspace) firstMail() (first int64) {
	for i := range ks.parts {
		first = sooner(first, ks.parts[i].mailDue.Load())
	}
	return first
}

// deliverMail delivers some of the messages that wait in a partition, and returns what Commit does.
func (ks *Keyspace) deliverMail(part int) (gate uint64) {
	return ks.widening(part, func(tx *Tx) *Locks { return tx.deliverDue(part) })
}

// widening calls work with the lock of a partition. If work ends early because it misses locks that cannot be had without waiting, it is
// called another time with these.
func (ks *Keyspace) widening(part int, work func(tx *Tx) (missing *Locks)) (gate uint64) {
	var locks Locks
	locks.add(part)
	for range 2 {
		tx := ks.Begin(&locks)
		missing := work(tx)
		gate = max(gate, tx.Commit())
		if missing == nil {
			break
		}
		locks.AddLocks(missing)
	}
	return gate
}

// deliverDue delivers messages of a partition, each as a unit, as many as one hold may. It ends early with the lock of a receiver that
// cannot be had without waiting.
func (tx *Tx) deliverDue(part int) (missing *Locks) {
	p := &tx.ks.parts[part]
	defer p.updateMail()
	h := newHold()
	for db, d := range p.dbs {
		if d == nil || d.mail == nil {
			continue
		}
		for h.more() {
			m := d.mail.first(tx.now)
			if m == nil {
				break
			}
			var locks Locks
			locks.Add([]byte(m.To))
			if !tx.widen(&locks) {
				return &locks
			}
			tx.Start(db)
			tx.SetCause(causeMessage)
			tx.deliver(m)
			_ = tx.End()
			h.did(true)
		}
	}
	return nil
}

// Errors that end a message at its first delivery.
type (
	refusal   struct{ error } // of deny()
	unhandled struct{ error } // there is no onMessage
)

const errNoMessageHandler = Error("ASONOHANDLER the object has no onMessage handler")

// deliver gives m to its receiver and removes it, or, if that fails, plans what becomes of it.
func (tx *Tx) deliver(m *Message) {
	tx.lookup([]byte(m.To)) // an expired object dies first
	mark := tx.Mark()
	err := tx.handleMessage(m)
	if err == nil {
		tx.Release(mark)
		return
	}
	if rollbackErr := tx.Rollback(mark); rollbackErr != nil {
		slog.Error("rollback failed", "error", rollbackErr)
	}
	tx.failMessage(m, err)
}

// handleMessage removes m and lets its receiver handle it.
func (tx *Tx) handleMessage(m *Message) error {
	tx.endMessage(m)
	taken, ok := tx.admit(m)
	if !ok {
		return nil
	}
	key := []byte(m.To)
	if !tx.Handlers(key).Has(sandbox.OnMessage) {
		tx.failed = nil
		return unhandled{errNoMessageHandler}
	}
	outcome, err := tx.RunHandler(key, &Event{Handler: sandbox.OnMessage, Fields: taken, ID: m.ID, Hops: m.Hops, Cause: m.Cause})
	switch {
	case err != nil:
		return err
	case outcome.Verdict == sandbox.Deny:
		return refusal{Denied(outcome)}
	case m.ReplyTo != "" && outcome.Verdict != sandbox.Wait:
		err = tx.answerReturned(m, outcome)
	}
	if err == nil {
		tx.ks.Metrics.Messages.Delivered.Add(1)
		tx.Emit(EventMessage, key, sandbox.StringValue(taken.Name))
		if tx.feeding() {
			tx.feedTell(FeedMessage, key, taken.Name, taken.payloadText())
		}
	}
	return err
}

// answerReturned answers m with what its handler returned.
func (tx *Tx) answerReturned(m *Message, outcome *sandbox.Outcome) error {
	if limit := tx.ks.maxHops(); m.Hops >= limit {
		return tooLongChain(int(limit))
	}
	_, err := tx.answerObject(m.To, m.ReplyTo, outcome.Value, m.Hops+1, m.ID)
	return err
}

// admit returns m as the handler sees it; ok is false if the receiver has had it, or does not wait for this answer any more.
func (tx *Tx) admit(m *Message) (taken *Message, ok bool) {
	taken = m
	if m.Answers != "" {
		t := tx.findTicket(ticketName{answer: true, key: m.To, name: m.Answers})
		if t == nil {
			tx.ks.Metrics.Messages.LateAnswers.Add(1)
			return nil, false
		}
		tx.useTicket(t)
		named := *m
		named.Name = t.value
		taken = &named
	}
	if m.Dedup == "" {
		return taken, true
	}
	name := m.dedup(m.To)
	switch t := tx.findTicket(name); {
	case t == nil:
		tx.putTicket(&ticket{ticketName: name, value: m.text(), until: tx.now + tx.ks.mailLimits.Load().DedupWindow})
	case t.value != m.text():
		tx.ks.Metrics.Messages.Duplicates.Add(1)
		return nil, false
	}
	return taken, true
}

// failMessage plans another delivery of m, or gives it up.
func (tx *Tx) failMessage(m *Message, cause error) {
	if until, ok := tx.postponed(cause); ok { // it was not tried
		again := *m
		again.RetryAt = until
		tx.putMessage(&again)
		return
	}
	tx.ks.logs.add(LogEntry{
		Time: tx.now, DB: tx.db, Key: m.To, Event: sandbox.OnMessage.String(), Text: oneLine(cause.Error()), ID: m.ID, Cause: m.Cause,
	})
	var refused refusal
	var nobody unhandled
	switch {
	case errors.As(cause, &refused):
		tx.ks.Metrics.Messages.Refused.Add(1)
		tx.endMessage(m)
		tx.answerFailure(m, cause)
	case errors.As(cause, &nobody) || m.Attempt >= DefaultRetries:
		tx.giveUpMessage(m, cause)
	default:
		tx.ks.Metrics.Messages.Retried.Add(1)
		again := *m
		again.RetryAt = tx.now + backOff(m.Attempt, m.ID)
		again.Attempt++
		tx.putMessage(&again)
	}
}

// giveUpMessage makes m a dead letter.
func (tx *Tx) giveUpMessage(m *Message, cause error) {
	tx.ks.Metrics.Messages.Dead.Add(1)
	tx.endMessage(m)
	tx.deadLetter(&DeadLetter{
		Kind: DeadMessage, Key: m.To, Name: m.Name, Due: m.Due, Attempts: m.Attempt + 1, Error: oneLine(cause.Error()), Data: m.payloadText(),
		Private: m.encode(),
	})
	tx.answerFailure(m, cause)
}

// rearmMessage lets a message that was given up wait for its delivery again, behind all others.
func (tx *Tx) rearmMessage(l *DeadLetter) error {
	m, err := decodeMessage(l.Private)
	if err != nil {
		return err
	}
	m.ID, m.There, m.Delayed, m.Attempt, m.RetryAt, m.Dedup = tx.eventID(), true, false, 0, 0, ""
	tx.enqueue(m)
	return nil
}

package aso

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"comet/aso/sandbox"
)

// mailText is all messages and tickets of a keyspace, and what is counted of them.
func mailText(tx *Tx) (lines []string) {
	pending := 0
	for part := range tx.ks.parts {
		for db, d := range tx.ks.parts[part].dbs {
			if d == nil || d.mail == nil {
				continue
			}
			for i, box := range d.mail.boxes {
				if box == nil {
					continue
				}
				pending += box.messages.len()
				box.messages.from(0, func(m *Message) bool {
					shown := *m
					shown.ReplyAs = "" // only to send it
					lines = append(lines, fmt.Sprintf("%d %d:%d %+v", db, part, i, shown))
					return true
				})
				box.tickets.byEnd.from(0, func(t *ticket) bool {
					if t.until > tx.now {
						lines = append(lines, fmt.Sprintf("%d %d:%d %+v", db, part, i, *t))
					}
					return true
				})
			}
		}
	}
	if n := tx.ks.PendingMessages(); n != int64(pending) {
		lines = append(lines, fmt.Sprintf("%d messages are counted, %d are there", n, pending))
	}
	return lines
}

// mailer makes random changes to the mail of a few slots.
type mailer struct {
	ks  *Keyspace
	now int64
}

func (w *mailer) change(t *rapid.T) {
	w.now += int64(rapid.IntRange(0, 30).Draw(t, "pass"))
	tx := w.ks.Begin(allLocks())
	defer unlock(tx)
	tx.Start(rapid.IntRange(0, 1).Draw(t, "db"))
	for range rapid.IntRange(1, 4).Draw(t, "changes") {
		mark := tx.Mark()
		w.changeMail(t, tx)
		if rapid.IntRange(0, 3).Draw(t, "take back") == 0 {
			must(t, tx.Rollback(mark))
		} else {
			tx.Release(mark)
		}
	}
	must(t, tx.End())
	tx.Commit()
}

func (w *mailer) changeMail(t *rapid.T, tx *Tx) {
	key := func(what string) string {
		return fmt.Sprintf("{%d}%d", rapid.IntRange(0, 2).Draw(t, what), rapid.IntRange(0, 2).Draw(t, what))
	}
	switch rapid.IntRange(0, 12).Draw(t, "change") {
	case 0:
		if rapid.IntRange(0, 9).Draw(t, "flush") == 0 {
			tx.FlushDB()
		}
	case 1, 2, 3: // the first message that may go fails, or goes
		ml, _ := tx.mailOf(key("of"))
		m := ml.first(tx.now)
		if m == nil {
			return
		}
		if rapid.Bool().Draw(t, "fails") {
			again := *m
			again.Attempt, again.RetryAt = again.Attempt+1, tx.now+int64(rapid.IntRange(1, 50).Draw(t, "retry"))
			tx.putMessage(&again)
			return
		}
		tx.endMessage(m)
		_, _ = tx.admit(m)
	default:
		m := Message{From: key("from"), To: key("to"), Name: "m", Hops: 1}
		if rapid.Bool().Draw(t, "by a client") {
			m.From, m.There, m.Client = "", true, uint64(rapid.IntRange(1, 2).Draw(t, "client"))
		} else if rapid.IntRange(0, 3).Draw(t, "asks") == 0 {
			m.ReplyAs = "answer"
		}
		m.Payload, _ = sandbox.AppendPayload(nil, sandbox.NumberValue(1))
		if rapid.IntRange(0, 2).Draw(t, "delay") == 0 {
			m.Delayed, m.Due = true, tx.now+int64(rapid.IntRange(0, 100).Draw(t, "due"))
		}
		if rapid.IntRange(0, 2).Draw(t, "dedup") == 0 {
			m.Dedup = fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "id"))
		}
		_, _, err := tx.Send(m)
		must(t, err)
	}
}

// Mail changes at random, some changes are taken back, while a snapshot is made in pieces; it and the journal make the same mail.
func TestMailIsTheSameAfterLoading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &recorder{}
		w := &mailer{now: 1_000_000}
		clock := func() int64 { return w.now }
		w.ks = New(Options{Databases: 2, Limits: tinyLimits(), Now: clock, Committer: log})
		w.ks.SetMessageLimits(MessageLimits{Pending: 1000, Payload: 100, DedupWindow: 60})
		w.ks.hold = rapid.SampledFrom([]int{1, 200, captureHold}).Draw(t, "hold")
		for range rapid.IntRange(0, 20).Draw(t, "before") {
			w.change(t)
		}
		begin, left := len(log.units), 30
		chunks, err := takeSnapshot(w.ks, func(midway bool) {
			for ; midway && left > 0 && rapid.IntRange(0, 2).Draw(t, "between") > 0; left-- {
				w.change(t)
			}
		})
		must(t, err)
		for range rapid.IntRange(0, 5).Draw(t, "after") {
			w.change(t)
		}
		want := w.ks.Begin(allLocks())
		defer want.Commit()
		for _, from := range []int{0, begin} {
			ks := New(Options{Databases: 2, Limits: tinyLimits(), Now: clock})
			ks.SetMessageLimits(*w.ks.mailLimits.Load())
			l := ks.NewLoader()
			for _, c := range chunks {
				if from > 0 {
					must(t, l.Chunk(c.seq, slices.Clone(c.data)))
				}
			}
			for i, unit := range log.units[from:] {
				must(t, l.Unit(uint64(from+i+1), slices.Clone(unit)))
			}
			l.Close()
			got := ks.Begin(allLocks())
			if a, b := mailText(got), mailText(want); !slices.Equal(a, b) {
				i := 0
				for i < min(len(a), len(b)) && a[i] == b[i] {
					i++
				}
				t.Fatalf("from unit %d: %d of %d messages and tickets are there; the first that differ:\n%q\n%q", from, len(a), len(b), a[i:min(i+1, len(a))], b[i:min(i+1, len(b))])
			}
			got.Commit()
		}
	})
}

func FuzzMessage(f *testing.F) {
	for _, m := range []*Message{
		{ID: 7, From: "a", To: "b", Name: "m", Payload: []byte{0}, Due: 5, Hops: 1},
		{ID: 8, Client: 3, There: true, To: "b", Name: "m", Delayed: true, Due: 9, Dedup: "d", Attempt: 2, RetryAt: 99},
		{ID: 9, From: "a", To: "b", Answers: "x", Failure: "no", ReplyTo: "y"},
	} {
		f.Add(m.encode())
	}
	f.Add(append([]byte{messageAnswers, 11: 0}, 1, '0')) // a failure of no answer
	f.Fuzz(func(t *testing.T, encoded []byte) {
		m, err := decodeMessage(encoded)
		if err != nil {
			return
		}
		again, err := decodeMessage(m.encode())
		if err != nil || fmt.Sprint(*again) != fmt.Sprint(*m) {
			t.Fatalf("%+v came back as %+v, %v", m, again, err)
		}
	})
}

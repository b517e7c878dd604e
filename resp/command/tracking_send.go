package command

import (
	"maps"
	"slices"
	"strings"

	"comet/aso"
	"comet/resp/wire"
)

// invalidationChannel is the one on which clients of RESP2 get what other clients redirect to them.
const invalidationChannel = "__redis__:invalidate"

// invalidation is a message that keys, all if there are none, are no longer what clients have cached.
type invalidation struct {
	keys []string
	push []byte // as RESP3, once it is made
}

// tell sends v to clients when the unit is durable. The one whose unit it is gets it with the reply, which waits for the same: behind it. As in
// Redis it stands in front of it if the key gave way to the command, or if it is about all keys, and another client redirects it.
func (t *tracking) tell(tx *aso.Tx, told []*Session, v *invalidation) {
	others := told[:0]
	for _, ses := range told {
		m := ses.tracking.Load()
		if m == nil {
			continue
		}
		to := ses
		if m.redirect != 0 {
			to = t.clients.find(int64(m.redirect))
		}
		switch {
		case to == nil || to.Conn.ID() != tx.Client():
			others = append(others, ses)
		case to.makesRoom, m.redirect != 0 && v.keys == nil:
			to.tellAhead(v.frame(ses, m, to))
		case m.redirect != 0:
			others = append(others, ses)
		default:
			ses.tellAfter(v.frame(ses, m, ses))
		}
	}
	if len(others) > 0 {
		tx.Deliver(func() {
			for _, ses := range others {
				t.send(ses, v)
			}
		})
	}
}

// send sends v to the client of ses, or to the one that it redirects to.
func (t *tracking) send(ses *Session, v *invalidation) {
	m := ses.tracking.Load()
	if m == nil {
		return
	}
	to := ses
	if m.redirect != 0 {
		if to = t.clients.find(int64(m.redirect)); to == nil {
			t.sendBroken(ses, m)
			return
		}
	}
	if frame := v.frame(ses, m, to); frame != nil {
		t.hub.send(&to.subs, frame)
	}
}

// sendBroken tells the client of ses that the one which it redirects to is gone.
func (t *tracking) sendBroken(ses *Session, m *trackMode) {
	ses.redirBroken.Store(true)
	if ses.subs.protocol.Load() == 2 {
		return
	}
	var r wire.Reply
	r.SetProtocol(3)
	r.Push(2)
	r.BulkString("tracking-redir-broken")
	r.Int(int64(m.redirect))
	t.hub.send(&ses.subs, r.Bytes())
}

// frame returns v for the connection of to, of the client ses that tracks as m says; nil if there is no way to tell it, in RESP2.
func (v *invalidation) frame(ses *Session, m *trackMode, to *Session) []byte {
	if to.subs.protocol.Load() != 2 && ses.subs.protocol.Load() != 2 {
		if v.push == nil {
			v.push = v.bytes(3, 3)
		}
		return v.push
	}
	if to.subs.protocol.Load() == 2 && (m.redirect == 0 || !to.subs.active()) {
		return nil
	}
	return v.bytes(int(ses.subs.protocol.Load()), int(to.subs.protocol.Load()))
}

// bytes writes v. As in Redis the null that stands for all keys is of the protocol of the client that tracks, and all else of that of the
// client that is told.
func (v *invalidation) bytes(tracks, told int) []byte {
	var r wire.Reply
	r.SetProtocol(told)
	if told == 3 {
		r.Push(2)
		r.BulkString("invalidate")
	} else {
		r.Push(3)
		r.BulkString("message")
		r.BulkString(invalidationChannel)
	}
	if v.keys == nil {
		r.SetProtocol(tracks)
		r.Null()
		return r.Bytes()
	}
	r.Array(len(v.keys))
	for _, key := range v.keys {
		r.BulkString(key)
	}
	return r.Bytes()
}

// noteChanged keeps key, which a client changed, for the next broadcast.
func (t *tracking) noteChanged(key string, by uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for prefix := range t.prefixes {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		if t.changed[prefix] == nil {
			t.changed[prefix] = map[string]uint64{}
		}
		t.changed[prefix][key] = by
	}
}

// broadcast tells the clients with prefixes of the keys that changed since the last one, in one message a prefix.
func (t *tracking) broadcast() {
	if !t.ks.Tracks() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, prefix := range slices.Sorted(maps.Keys(t.changed)) {
		changed := t.changed[prefix]
		all := &invalidation{keys: slices.Sorted(maps.Keys(changed))}
		for _, ses := range t.prefixes[prefix] {
			if m := ses.tracking.Load(); m == nil || !m.noLoop {
				t.send(ses, all)
			} else if others := ofOthers(all.keys, changed, ses.Conn.ID()); len(others) > 0 {
				t.send(ses, &invalidation{keys: others})
			}
		}
		delete(t.changed, prefix)
	}
}

// ofOthers returns the keys that other clients than id changed.
func ofOthers(keys []string, changed map[string]uint64, id uint64) (others []string) {
	for _, key := range keys {
		if changed[key] != id {
			others = append(others, key)
		}
	}
	return others
}

// deliverer is the aso.Publisher: it delivers the messages of channels and the broadcasts of changed keys.
type deliverer struct {
	*hub
	tracking *tracking
}

// Flush sends all that was published since the last one.
func (d deliverer) Flush() {
	d.tracking.broadcast()
	d.hub.Flush()
}

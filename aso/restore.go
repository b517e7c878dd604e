package aso

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"comet/aso/rdb"
	"comet/aso/value"
)

// Usage is how an object was used where it comes from; negative is not known.
type Usage struct {
	Idle      int64 // seconds since the last use
	Frequency int   // as Object.Frequency
}

// Restored is a value that Restore stores.
type Restored struct {
	Payload  rdb.Payload
	Deadline int64 // Unix milliseconds, 0 for none
	Usage    Usage
}

// RestoredOf returns the value of a key of a file.
func RestoredOf(k *rdb.Key) Restored {
	return Restored{Payload: k.Payload, Deadline: k.Deadline, Usage: Usage{Idle: k.Idle, Frequency: k.Freq}}
}

var kindsOfDumps = map[rdb.Kind]Kind{
	rdb.String: KindString, rdb.List: KindList, rdb.Set: KindSet, rdb.ZSet: KindZSet, rdb.Hash: KindHash, rdb.Stream: KindStream,
}

// ErrDumpFormat is wrapped by the errors of payloads that are no value.
var ErrDumpFormat = errors.New("bad data format")

// Restore makes the value of a payload that of key, whatever it held; handlers, state and timers of the object stay. It fails with ErrDumpFormat, and
// changes nothing, if the payload is no value.
func (tx *Tx) Restore(key []byte, r Restored) error {
	b := restoring{tx: tx, limits: tx.ks.limits.Load(), kind: kindsOfDumps[r.Payload.Kind()]}
	if r.Payload.IsListpack() { // what is in it may be longer than is allowed now, as in Redis
		limits := *b.limits
		limits.HashMaxListpackValue, limits.ZSetMaxListpackValue = math.MaxInt, math.MaxInt
		b.limits = &limits
	}
	img := image{kind: b.kind, key: key, deadline: r.Deadline, clock: tx.clockOf(r.Usage)}
	if b.kind != KindNone && b.kind != KindString {
		b.content = newCollection(b.kind)
	}
	if err := r.Payload.Read(b.take); err != nil {
		return fmt.Errorf("%w: %w", ErrDumpFormat, err)
	}
	if b.kind == KindString {
		img.encoding = stringEncoding(b.text)
	}
	if old, rec := tx.lookup(key); rec != nil || old.r != 0 {
		img.active = cloneIfSet(tx.record(&old).active())
		tx.remove(&old, key)
	}
	return tx.create(&img, &b)
}

// create makes the object of img, which is not there, hold what b has read.
func (tx *Tx) create(img *image, b *restoring) error {
	to := tx.find(img.key)
	var encoded []byte
	if b.kind == KindString {
		encoded = b.text
		img.value = b.text
		if len(b.text) > b.limits.PackedMax {
			large := &largeString{b.text}
			img.large, img.value = true, handleBytes(to.p.large.add(large, memUsage(large)))
		}
	} else {
		if tx.effects.on && !tx.replay {
			encoded = b.content.Encode(nil)
		}
		if img.value = b.content.Packed(); img.value == nil {
			img.large, img.value = true, handleBytes(to.p.large.add(largeOf(b.content), b.content.MemUsage()))
		}
	}
	tx.effectPacked(img, encoded)
	if err := tx.put(&to, img); err != nil {
		return err
	}
	tx.touch(to.p, img.key)
	tx.created(&to, img.key)
	return nil
}

// clockOf returns the clock of an object that was used like this.
func (tx *Tx) clockOf(u Usage) uint32 {
	switch {
	case tx.rates != nil && u.Frequency >= 0:
		return minutesOf(tx.now)<<countBits | uint32(u.Frequency)
	case tx.rates == nil && u.Idle >= 0:
		return (secondsOf(tx.now) - uint32(min(u.Idle, clockMask))) & clockMask
	}
	return tx.newClock()
}

// restoring is a value that comes to be of the parts of a payload.
type restoring struct {
	tx      *Tx
	limits  *value.Limits
	kind    Kind
	text    []byte  // of a string
	content content // nil for a string
	group   []byte  // the group of a stream that is being read
	guess   bool    // what groups have read is estimated
}

var (
	errTwice  = errors.New("an element is there twice")
	errStream = errors.New("entries, groups or consumers of the stream do not fit together")
)

// take adds a part.
func (b *restoring) take(it *rdb.Item) error {
	fresh := true
	switch c := b.content.(type) {
	case nil:
		b.text = append(b.text, it.Name...)
	case *value.List:
		c.PushBack(b.limits, it.Name)
	case *value.Set:
		fresh = c.Add(b.limits, it.Name)
	case *value.ZSet:
		fresh = c.Set(b.limits, it.Name, it.Score)
	case *value.Hash:
		fresh = c.Set(b.limits, it.Name, it.Value)
	case *value.Stream:
		return b.takeStream(c, it)
	}
	if !fresh {
		return errTwice
	}
	return nil
}

// takeStream adds a part of a stream.
func (b *restoring) takeStream(s *value.Stream, it *rdb.Item) error {
	id := value.StreamID(it.ID)
	ok := true
	switch it.Part {
	case rdb.Entry:
		if ok = len(it.Pairs) > 0 && s.LastID().Less(id); ok {
			s.Append(b.limits, id, it.Pairs)
		}
	case rdb.Meta:
		last, added := value.StreamID(it.Info.LastID), int64(it.Info.Added)
		if ok = !last.Less(s.LastID()) && added >= int64(s.Len()); ok {
			s.SetMeta(last, added, value.StreamID(it.Info.MaxDeleted))
		}
		b.guess = it.Info.Estimated
	case rdb.Group:
		if ok = s.Group(it.Name) == nil; ok {
			read := it.Count
			if b.guess {
				read = s.EntriesUpTo(id)
			}
			s.SetGroup(it.Name, id, read)
		}
		b.group = slices.Clone(it.Name)
	case rdb.Consumer:
		if ok = s.Group(b.group).Consumer(it.Name) == nil; ok {
			s.SetConsumer(b.group, it.Name, it.Time)
		}
	case rdb.Delivery:
		s.Deliver(b.group, it.Consumer, value.Delivery{ID: id, At: it.Time, Count: it.Count})
	}
	if !ok {
		return errStream
	}
	return nil
}

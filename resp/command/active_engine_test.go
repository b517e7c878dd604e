package command_test

import (
	"bytes"
	"context"
	encoding "encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"comet/aso"
	"comet/aso/value"
	"comet/resp/command"
	"comet/resp/wire"
)

// engine is a server in process, on a virtual clock, with a journal in memory.
type engine struct {
	t      testing.TB
	now    int64
	ks     *aso.Keyspace
	server *command.Server
	ses    *command.Session
	reply  wire.Reply
	heard  []string // "channel message" of all messages published
	units  [][]byte // the journal
	loaded int      // handlers so far

	versions []string // see versionsOf
	onErrors bool     // handlers have onError
}

func newEngine(t testing.TB) *engine {
	e := &engine{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()}
	limits := value.DefaultLimits()
	e.ks = aso.New(aso.Options{Limits: limits, Now: func() int64 { return e.now }, Committer: e})
	config, err := command.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	if e.server, err = command.NewServer(e.ks, command.Options{Config: config}); err != nil {
		t.Fatal(err)
	}
	e.ks.SetPublisher(e)
	e.ses = e.server.NewSession(&testConn{}, &e.reply)
	return e
}

// Append keeps a unit.
func (e *engine) Append(unit []byte) uint64 {
	e.units = append(e.units, slices.Clone(unit))
	return uint64(len(e.units))
}

// Commit does nothing: memory is durable enough.
func (e *engine) Commit(uint64) error { return nil }

func (*engine) Kept(uint64) bool { return false }

// Publish notes a message.
func (e *engine) Publish(channel, message []byte, _ uint64) {
	e.heard = append(e.heard, string(channel)+" "+string(message))
}

// run runs a command and returns its reply, with | between lines.
func (e *engine) run(args ...string) string {
	e.t.Helper()
	if n := e.server.Batch(e.ses, [][][]byte{bytesOf(args...)}); n != 1 {
		e.t.Fatalf("%q: not run", args)
	}
	reply := strings.TrimSuffix(strings.ReplaceAll(string(e.reply.Bytes()), "\r\n", "|"), "|")
	e.reply.Reset()
	return reply
}

// do runs a command line, split at spaces.
func (e *engine) do(line string) string {
	e.t.Helper()
	return e.run(strings.Fields(line)...)
}

// all runs command lines, separated by semicolons, none of which may fail.
func (e *engine) all(lines string) {
	e.t.Helper()
	for line := range strings.SplitSeq(lines, ";") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if got := e.do(line); strings.HasPrefix(got, "-") {
			e.t.Fatalf("%s: %s", line, got)
		}
	}
}

// load loads a handler and returns its name.
func (e *engine) load(body string) string {
	e.t.Helper()
	e.loaded++
	name := fmt.Sprint("h", e.loaded)
	if got := e.run("ASO.LOAD", "#!lua name="+name+"\n"+body); !strings.HasPrefix(got, "$") {
		e.t.Fatalf("%s: %s", body, got)
	}
	return name
}

// attach loads a handler and puts it on keys.
func (e *engine) attach(body string, keys ...string) {
	e.t.Helper()
	name := e.load(body)
	for _, key := range keys {
		if got := e.run("ASO.ATTACH", key, name); got != ":1" {
			e.t.Fatalf("attach to %s: %s", key, got)
		}
	}
}

// advance lets time pass, and what is due happen.
func (e *engine) advance(d time.Duration) {
	e.t.Helper()
	e.now += d.Milliseconds()
	if err := e.ks.RunDue(); err != nil {
		e.t.Fatal(err)
	}
}

// image is everything in a keyspace, by slot.
type image map[string]string

func (e *engine) image() image { return imageOf(e.t, e.ks) }

func imageOf(t testing.TB, ks *aso.Keyspace) image {
	t.Helper()
	img := image{}
	err := ks.Snapshot(context.Background(), func(_ uint64, chunk []byte) error {
		if len(chunk) > 3 { // more than the number of the slot
			img[string(chunk[:2])] += canonical(chunk)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// canonical returns chunk, its objects and the bytes of sets and hashes in it sorted, because these have no order.
func canonical(chunk []byte) string {
	const opKey, opString, opPacked, opDeadline, opActive, opExtend, set, hash = 1, 2, 3, 5, 6, 37, 3, 5
	out := bytes.Clone(chunk)
	slot, at := encoding.Uvarint(out)
	if slot == aso.Slots { // code, aliases and rules
		return string(out)
	}
	number := func() int {
		n, width := encoding.Uvarint(out[at:])
		at += width
		return int(n)
	}
	text := func() []byte {
		n := number()
		at += n
		return out[at-n : at]
	}
	var objects []string
	var name string
	var rest strings.Builder
	rest.WriteString(string(out[:at]))
	for at < len(out) {
		begin := at
		at++
		switch out[begin] {
		case opKey:
			number()
			text()
			name = string(out[begin:at])
			continue
		case opString:
			at++ // encoding
			number()
			text()
		case opPacked:
			kind := out[at]
			at += 2
			number()
			if v := text(); kind == set || kind == hash {
				slices.Sort(v)
			}
		case opDeadline: // of a value in pieces
			number()
		case opExtend:
			at++ // kind
			text()
		case opActive:
			text()
		default: // of the slot
			text()
			rest.WriteString(string(out[begin:at]))
			continue
		}
		objects = append(objects, name+string(out[begin:at]))
	}
	slices.Sort(objects)
	return rest.String() + strings.Join(objects, "")
}

// diff tells how two images differ.
func (img image) diff(other image) string {
	for slot, chunk := range img {
		if other[slot] != chunk {
			return fmt.Sprintf("slot %x: %.300q, was %.300q", slot, other[slot], chunk)
		}
	}
	for slot, chunk := range other {
		if _, ok := img[slot]; !ok {
			return fmt.Sprintf("slot %x is new: %.300q", slot, chunk)
		}
	}
	return ""
}

// client is another session.
func (e *engine) client() (*command.Session, *wire.Reply) {
	reply := new(wire.Reply)
	return e.server.NewSession(&testConn{}, reply), reply
}

// restart goes on with a server that knows what the journal says.
func (e *engine) restart() {
	e.t.Helper()
	e.ks = aso.New(aso.Options{Limits: e.ks.Limits(), Now: func() int64 { return e.now }, Committer: e})
	l := e.ks.NewLoader()
	for i, unit := range e.units {
		if err := l.Unit(uint64(i+1), bytes.Clone(unit)); err != nil {
			e.t.Fatal(err)
		}
	}
	l.Close()
	config, err := command.NewConfig()
	if err != nil {
		e.t.Fatal(err)
	}
	if e.server, err = command.NewServer(e.ks, command.Options{Config: config}); err != nil {
		e.t.Fatal(err)
	}
	e.ks.SetPublisher(e)
	e.ses = e.server.NewSession(&testConn{}, &e.reply)
}

// replayed returns a keyspace made of the journal. No handler can run in it.
func (e *engine) replayed() *aso.Keyspace {
	e.t.Helper()
	ks := aso.New(aso.Options{Limits: e.ks.Limits(), Now: func() int64 { return e.now }})
	l := ks.NewLoader()
	for i, unit := range e.units {
		if err := l.Unit(uint64(i+1), bytes.Clone(unit)); err != nil {
			e.t.Fatal(err)
		}
	}
	l.Close()
	return ks
}

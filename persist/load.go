package persist

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
)

// loading is the state of one Load.
type loading struct {
	s          *Store
	inv        inventory
	generation uint64 // of the snapshot; 0: none
	covered    uint64 // highest unit the snapshot may contain
	last       uint64 // last unit read; at first the last one before the oldest journal
	journals   []*journalScan

	snapshotSize int64
}

// journalScan is what was found in one journal.
type journalScan struct {
	generation uint64
	path       string
	id         uint64
	good       int64 // bytes up to the end of the last good record
	size       int64
	end        kind         // kindClosed or kindSealed when that is the last record
	base, last uint64       // the last unit before it, and in it
	unsealed   *journalScan // an older one that was not sealed: no units may follow
}

// Load hands the newest snapshot's chunks to chunk, then every unit of the journals behind it to unit, in order of their
// numbers; the slices are borrowed. A unit that a chunk may already contain comes too: its number is not above the
// chunk's. Then the store takes writes. After an error it does not, and the caller's state is a part of the data only. Both
// callbacks run on the caller's goroutine.
func (s *Store) Load(chunk, unit func(seq uint64, data []byte) error) error {
	s.files.Lock()
	again := s.files.loaded || s.files.closed
	s.files.loaded = true
	s.files.Unlock()
	if again {
		return errors.New("load: only once, on an open store")
	}
	inv, err := takeInventory(s.fs, s.dir)
	if err != nil {
		return err
	}
	l := &loading{s: s, inv: inv}
	if err := l.choose(); err != nil {
		return err
	}
	if err := l.read(chunk, unit); err != nil {
		return err
	}
	if err := l.finish(); err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	return nil
}

// read reads the files that were chosen.
func (l *loading) read(chunk, unit func(seq uint64, data []byte) error) error {
	if err := l.readSnapshot(chunk); err != nil {
		return fmt.Errorf("load snapshot: %w", err)
	}
	for i := 0; i < len(l.journals); i++ { // a repair may shorten it
		if err := l.readJournal(l.journals[i], unit); err != nil {
			return fmt.Errorf("load journal: %w", err)
		}
	}
	return nil
}

// choose finds the newest snapshot and the journals behind it, without a hole.
func (l *loading) choose() error {
	if n := len(l.inv.snapshots); n > 0 {
		l.generation = l.inv.snapshots[n-1]
	}
	want := max(l.generation, 1)
	for _, g := range l.inv.journals {
		if g < l.generation {
			continue
		}
		path := journalPath(l.s.dir, g)
		if g != want {
			return l.missing(want)
		}
		l.journals = append(l.journals, &journalScan{generation: g, path: path})
		want++
	}
	if len(l.journals) == 0 && l.generation > 0 {
		return l.missing(want)
	}
	return nil
}

func (l *loading) missing(generation uint64) error {
	return fmt.Errorf("%q is missing, but files that need it are there: %s", journalPath(l.s.dir, generation), adviceRestore)
}

// openReader opens a file of the given kind and generation and reads its first record.
func (l *loading) openReader(path string, want fileInfo) (File, *reader, header, error) {
	f, err := l.s.fs.OpenFile(whyLoad, path, os.O_RDONLY, 0)
	if err != nil {
		return nil, nil, header{}, err
	}
	r, err := newReader(f)
	if err != nil {
		return nil, nil, header{}, errors.Join(fmt.Errorf("%q: %w", path, err), f.Close())
	}
	h, info, err := r.open()
	if err == nil && info != want {
		err = broken(errors.New("the file has been renamed"))
	}
	if err != nil {
		return nil, nil, header{}, errors.Join(damage(path, r.offset, err, adviceRestore), f.Close())
	}
	return f, r, h, nil
}

// damage turns a failed check into a DamageError; other errors get the path.
func damage(path string, offset int64, err error, advice string) error {
	switch {
	case errors.Is(err, errTooNew):
		advice = adviceUpgrade
	case errors.Is(err, errTooOld):
		advice = adviceOld
	}
	if _, ok := err.(*formatError); ok {
		return &DamageError{File: path, Offset: offset, Reason: err.Error(), Advice: advice}
	}
	return fmt.Errorf("%q: %w", path, err)
}

func (l *loading) readSnapshot(chunk func(uint64, []byte) error) (err error) {
	if l.generation == 0 {
		return nil
	}
	path := snapshotPath(l.s.dir, l.generation)
	f, r, h, err := l.openReader(path, fileInfo{generation: l.generation})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	l.last = h.seq
	var chunks uint64
	for {
		at := r.offset
		rec, err := r.next()
		if err == io.EOF {
			err = broken(errors.New("the snapshot has no end"))
		}
		if err != nil {
			return damage(path, at, err, adviceRestore)
		}
		switch rec.kind {
		case kindChunks:
			chunks += uint64(rec.count)
			if err := eachChunk(rec.body, rec.count, chunk); err != nil {
				return bodyError(path, at, err, adviceRestore)
			}
		case kindEnd:
			if err := checkEnd(rec, chunks, r); err != nil {
				return damage(path, at, broken(err), adviceRestore)
			}
			l.covered = max(rec.seq, h.seq)
			l.snapshotSize = r.size
			return nil
		default:
			return damage(path, at, broken(errNotARecord), adviceRestore)
		}
	}
}

func checkEnd(rec record, chunks uint64, r *reader) error {
	n, err := parseChunkCount(rec.body)
	switch {
	case err != nil:
		return err
	case n != chunks:
		return fmt.Errorf("the snapshot has %d chunks and should have %d", chunks, n)
	case r.offset != r.size:
		return errors.New("bytes follow the end of the snapshot")
	}
	return nil
}

// bodyError tells a record that does not hold what it says from an error of the caller's callback.
func bodyError(path string, at int64, err error, advice string) error {
	if errors.Is(err, errBody) {
		err = broken(err)
	}
	return damage(path, at, err, advice)
}

// readJournal reads one journal up to its end or its first bad record.
func (l *loading) readJournal(js *journalScan, unit func(uint64, []byte) error) (err error) {
	f, r, h, err := l.openReader(js.path, fileInfo{journal: true, generation: js.generation})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	js.id, js.size, js.good = h.fileID, r.size, r.offset
	js.base, js.last = l.last, l.last
	js.unsealed = l.unsealedBefore(js)
	for {
		rec, err := r.next()
		if err == io.EOF {
			return l.endOfJournal(js)
		}
		if err == nil {
			err = l.take(js, rec, unit)
		}
		if bad, ok := err.(*formatError); ok {
			return l.badRecord(js, r, bad)
		}
		if err != nil {
			return fmt.Errorf("%q: %w", js.path, err)
		}
		js.good, js.last = r.offset, l.last
	}
}

// take checks that a record of a journal comes in order, and hands out its units.
func (l *loading) take(js *journalScan, rec record, unit func(uint64, []byte) error) error {
	if js.end == kindSealed {
		return broken(errors.New("records follow the seal of the journal"))
	}
	js.end = 0
	switch rec.kind {
	case kindUnits:
		if rec.seq != l.last+1 || rec.count == 0 {
			return broken(fmt.Errorf("unit %d follows unit %d", rec.seq, l.last))
		}
		if js.unsealed != nil {
			return broken(fmt.Errorf("units go on although %q has not been finished", js.unsealed.path))
		}
		if !checkUnits(rec.body, rec.count) {
			return broken(errBody)
		}
		l.last += uint64(rec.count)
		return eachUnit(rec.body, rec.count, rec.seq, unit)
	case kindClosed, kindSealed:
		if rec.seq != l.last {
			return broken(fmt.Errorf("the journal ended with unit %d, not %d", rec.seq, l.last))
		}
		js.end = rec.kind
	case kindJump:
		if rec.seq < l.last {
			return broken(fmt.Errorf("a repair set unit %d back to %d", l.last, rec.seq))
		}
		l.last = rec.seq
	default:
		return broken(errNotARecord)
	}
	return nil
}

// unsealedBefore returns a journal before js that was not sealed.
func (l *loading) unsealedBefore(js *journalScan) *journalScan {
	for _, older := range l.journals {
		if older == js {
			return nil
		}
		if older.end != kindSealed {
			return older
		}
	}
	return nil
}

// endOfJournal checks that a sealed journal has its successor.
func (l *loading) endOfJournal(js *journalScan) error {
	if js.end != kindSealed || js != l.journals[len(l.journals)-1] {
		return nil
	}
	if !l.s.opt.Repair {
		return l.missing(js.generation + 1)
	}
	l.s.log.Warn("journal repaired: its successor is missing", slog.String("file", js.path))
	js.unseal()
	return nil
}

// badRecord decides about a record that fails a check: the torn end of the last write is cut off, anything else is damage.
func (l *loading) badRecord(js *journalScan, r *reader, bad *formatError) error {
	inOrder := r.offset > js.good // the record itself was whole, and wrong where it stands
	follows := inOrder
	otherFormat := errors.Is(bad, errTooNew) || errors.Is(bad, errTooOld)
	if !inOrder && !otherFormat {
		var err error
		if follows, err = r.validAfter(); err != nil {
			return fmt.Errorf("%q: %w", js.path, err)
		}
	}
	log := l.s.log.With(slog.String("file", js.path), slog.Int64("offset", js.good),
		slog.Int64("bytes", js.size-js.good), slog.String("reason", bad.Error()))
	switch {
	case otherFormat:
		return damage(js.path, js.good, bad, adviceUpgrade)
	case l.s.opt.Repair:
		log.Warn("journal repaired: cut off at the first damage")
		return l.dropAfter(js)
	case follows && inOrder:
		return damage(js.path, js.good, bad, adviceRepair)
	case follows:
		return damage(js.path, js.good, broken(fmt.Errorf("%w, and good records follow", bad.reason)), adviceRepair)
	case l.s.opt.RefuseTorn || js.end == kindSealed:
		return damage(js.path, js.good, bad, adviceRepair)
	default:
		log.Warn("journal had a torn end: cut off")
		return nil
	}
}

// unseal leaves out the mark at the end, if there is one: the journal will go on.
func (js *journalScan) unseal() {
	if js.end != 0 {
		js.good -= frameSize(headerSize)
		js.end = 0
	}
}

// dropAfter puts the journals after js aside, for a repair.
func (l *loading) dropAfter(js *journalScan) error {
	js.unseal()
	at := slices.Index(l.journals, js)
	for _, later := range l.journals[at+1:] {
		l.s.log.Warn("journal repaired: later journal put aside", slog.String("file", later.path))
		if err := l.s.fs.Rename(whyRecover, later.path, later.path+droppedSuffix); err != nil {
			return fmt.Errorf("put aside: %w", err)
		}
	}
	l.journals = l.journals[:at+1]
	return nil
}

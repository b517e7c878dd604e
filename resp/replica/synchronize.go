package replica

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"comet/aso"
	"comet/aso/rdb"
	"comet/resp/client"
	"comet/resp/command"
)

// synchronize replaces all data by those of the master. The file is kept on the disk and read to its end first: until then the old data stay, and a
// master that sends something else costs them nothing.
func (t *task) synchronize(c *conn, s start) error {
	t.note(t.epoch, func(l *command.Link) {
		l.Full++
		l.State, l.Sync = command.LinkSync, command.Transfer{Size: -1, LastIO: time.Now()}
	})
	if t.tries.cause == "" {
		t.log.Info("the master sends all data", "history", s.replID, "offset", s.offset)
	}
	file, err := t.newFile()
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := t.receive(c, file); err != nil {
		return fmt.Errorf("receive the data: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	t.at.ReplID, t.at.Offset, t.at.DB, t.at.Phase = s.replID, s.offset, 0, aso.Unsynced
	if err := t.load(c, file); err != nil {
		switch {
		case errors.Is(err, command.ErrSuperseded):
		case errors.Is(err, command.ErrOutage): // another link gets all data anew
			err = fmt.Errorf("load the data: %w", err)
			_ = t.abandon() // in memory at least, from which new files will be made
		default:
			err = &stopError{fmt.Errorf("load the data: %w", errors.Join(err, t.abandon()))}
		}
		return err
	}
	return nil
}

// newFile returns a file without a name, which is gone when it is closed.
func (t *task) newFile() (*os.File, error) {
	dir := t.config.Dir.Load()
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		dir = os.TempDir()
	}
	return rdb.TempFile(dir)
}

// receive writes what the master sends to file, and checks it as it comes.
func (t *task) receive(c *conn, file io.Writer) error {
	line, err := c.line()
	if err != nil {
		return err
	}
	p, ok := client.NewPayload(line, c.r)
	switch {
	case !ok && line[0] != '$':
		return fmt.Errorf("instead of a file the master sends %q", clip(line))
	case !ok:
		return fmt.Errorf("instead of the size of a file the master sends %q", clip(line))
	}
	p.OnBytes = func(count int64) {
		t.note(t.epoch, func(l *command.Link) { l.Sync = command.Transfer{Size: p.Size, Read: count, LastIO: c.lastHeard()} })
	}
	w := bufio.NewWriterSize(file, rdb.BufferSize)
	src := io.TeeReader(p, w)
	size, err := t.check(src)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, src); err != nil {
		return err
	}
	if p.Count != size {
		return fmt.Errorf("%d bytes follow the end of the file", p.Count-size)
	}
	return w.Flush()
}

// check reads a file to its end, and returns its size.
func (t *task) check(src io.Reader) (size int64, err error) {
	f, err := rdb.NewFile(src)
	if err != nil {
		return 0, err
	}
	for {
		k, err := f.Next()
		switch {
		case errors.Is(err, io.EOF):
			return f.Offset(), nil
		case err != nil:
			return 0, err
		case k.DB >= uint64(t.ks.Databases()):
			return 0, &stopError{fmt.Errorf("the master has keys in database %d, and there are %d here: see the parameter databases", k.DB, t.ks.Databases())}
		}
	}
}

// load puts what is in file in the place of all data.
func (t *task) load(c *conn, src io.Reader) error {
	began := time.Now()
	if err := t.empty(aso.Loading); err != nil {
		return err
	}
	f, err := rdb.NewFile(src)
	if err != nil {
		return err
	}
	n, err := t.loadKeys(f)
	if err != nil {
		return err
	}
	if err := t.loadFunctions(c, f.Functions); err != nil {
		return err
	}
	t.at.Phase = aso.Following
	if err := t.setHistory(aso.Following); err != nil {
		return err
	}
	t.log.Info("the data of the master are here", "keys", n, "loaded_in", time.Since(began).Round(time.Millisecond))
	return nil
}

// empty removes all objects, and makes known and durable at the same moment that the following is in a phase.
func (t *task) empty(phase aso.Phase) error {
	tx := t.ks.BeginAll()
	tx.Start(0)
	if !tx.SetHistory(t.epoch, phase, "", 0, 0) {
		tx.Commit()
		return command.ErrSuperseded
	}
	tx.RereadAll()
	var errs []error
	for db := range t.ks.Databases() {
		tx.Select(db)
		_, err := tx.FlushDB()
		errs = append(errs, err)
	}
	errs = append(errs, tx.End())
	return errors.Join(append(errs, t.wait(tx.Commit()))...)
}

// What is loaded between two waits for the disk.
const (
	syncKeys  = 1024
	syncBytes = 4 << 20
)

// loadKeys takes over the keys of a file. Those whose deadline has passed, too: the master will say when they are gone.
func (t *task) loadKeys(f *rdb.File) (n int, err error) {
	bytes, gate := 0, uint64(0)
	for {
		k, err := f.Next()
		if errors.Is(err, io.EOF) {
			return n, t.wait(gate)
		}
		if err != nil {
			return n, err
		}
		if k.Empty {
			continue
		}
		if gate, err = t.loadKey(k, gate); err != nil {
			return n, err
		}
		n++
		if bytes += len(k.Payload); bytes > syncBytes || n%syncKeys == 0 {
			if err := t.wait(gate); err != nil {
				return n, err
			}
			bytes = 0
		}
	}
}

func (t *task) loadKey(k *rdb.Key, gate uint64) (uint64, error) {
	var locks aso.Locks
	locks.Add(k.Name)
	tx := t.ks.Begin(&locks)
	tx.Obey(t.epoch)
	tx.Start(int(k.DB))
	err := command.ErrSuperseded
	if tx.Serves(t.epoch) {
		err = tx.Restore(k.Name, aso.RestoredOf(k))
	}
	err = errors.Join(err, tx.End())
	gate = max(gate, tx.Commit())
	if err != nil && !errors.Is(err, command.ErrSuperseded) {
		err = fmt.Errorf("key at byte %d: %w", k.Offset, err)
	}
	return gate, err
}

// loadFunctions puts the libraries of a file in the place of all there are.
func (t *task) loadFunctions(c *conn, sources [][]byte) error {
	m := t.server.NewMaster(c, t.epoch, t.at)
	defer m.Close()
	commands, ends := [][][]byte{{[]byte("FUNCTION"), []byte("FLUSH")}}, []int64{t.at.Offset}
	for _, source := range sources {
		commands = append(commands, [][]byte{[]byte("FUNCTION"), []byte("LOAD"), source})
		ends = append(ends, t.at.Offset)
	}
	return m.Apply(commands, ends)
}

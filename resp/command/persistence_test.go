package command_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"comet/aso"
	"comet/resp/command"
	"comet/resp/wire"
)

// fakePersistence answers as it is told.
type fakePersistence struct {
	err       error
	scheduled bool
	asked     []string
}

func (f *fakePersistence) Save() error {
	f.asked = append(f.asked, "save")
	return f.err
}

func (f *fakePersistence) Begin(kind command.SaveKind, schedule bool) (bool, error) {
	f.asked = append(f.asked, map[command.SaveKind]string{command.SaveSnapshot: "snapshot", command.SaveRewrite: "rewrite"}[kind])
	return f.scheduled && schedule, f.err
}

func (f *fakePersistence) Reload() error {
	f.asked = append(f.asked, "reload")
	return f.err
}

func (f *fakePersistence) Status() command.PersistenceStatus {
	return command.PersistenceStatus{Kept: true, Journal: true, LastSave: time.Unix(1700000000, 0)}
}

// replies is a session without a network, whose commands are run one at a time.
type replies struct {
	t   *testing.T
	s   *command.Server
	ses *command.Session
	wire.Reply
}

func newReplies(t *testing.T, p command.Persistence, args ...string) *replies {
	t.Helper()
	config, err := command.NewConfig()
	if err == nil {
		err = config.Load(args)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := command.NewServer(aso.New(aso.Options{}), command.Options{Config: config, Persistence: p})
	if err != nil {
		t.Fatal(err)
	}
	r := &replies{t: t, s: s}
	r.ses = s.NewSession(&testConn{}, &r.Reply)
	return r
}

func (r *replies) want(reply, command string) {
	r.t.Helper()
	var args [][]byte
	for word := range strings.FieldsSeq(command) {
		args = append(args, []byte(word))
	}
	r.s.Batch(r.ses, [][][]byte{args})
	if got := strings.TrimRight(string(r.Bytes()), "\r\n"); got != reply {
		r.t.Errorf("%s: got %q, want %q", command, got, reply)
	}
	r.Reset()
}

func TestSnapshotReplies(t *testing.T) {
	p := &fakePersistence{}
	r := newReplies(t, p)
	r.want("+OK", "SAVE")
	r.want("+Background saving started", "BGSAVE")
	r.want("+Background saving started", "BGSAVE schedule")
	r.want("-ERR syntax error", "BGSAVE later")
	r.want("-ERR syntax error", "BGSAVE SCHEDULE now")
	r.want("+Background append only file rewriting started", "BGREWRITEAOF")
	r.want(":1700000000", "LASTSAVE")
	if want := []string{"save", "snapshot", "snapshot", "rewrite"}; !slices.Equal(p.asked, want) {
		t.Errorf("asked for %q, want %q", p.asked, want)
	}
	p.scheduled = true
	r.want("+Background saving started", "BGSAVE")
	r.want("+Background saving scheduled", "BGSAVE SCHEDULE")
	r.want("+Background append only file rewriting scheduled", "BGREWRITEAOF")
	p.err = command.ErrSaving
	r.want("-ERR Background save already in progress", "SAVE")
	r.want("-ERR Background save already in progress", "BGSAVE")
	r.want("-ERR Background append only file rewriting already in progress", "BGREWRITEAOF")
	p.err = command.ErrSavingOther
	r.want("-ERR Another child process is active (AOF?): can't BGSAVE right now. "+
		"Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.", "BGSAVE")
	p.err = errors.New("disk on fire")
	r.want("-ERR disk on fire", "SAVE")
}

func TestWritesAreRefusedWhenTheJournalHasStopped(t *testing.T) {
	r := newReplies(t, nil)
	r.want("+OK", "SET k v")
	r.s.StopWrites(fmt.Errorf("write journal: %w", syscall.ENOSPC))
	const refusal = "-MISCONF Errors writing to the AOF file: no space left on device"
	r.want(refusal, "SET k w")
	r.want(refusal, "DEL k")
	r.want("$1\r\nv", "GET k")
	r.want("+OK", "MULTI")
	r.want(refusal, "SET k w")
	r.want("+QUEUED", "GET k")
	r.want("-EXECABORT Transaction discarded because of previous errors.", "EXEC")
	r.want(refusal, "PING")
	r.s.ResumeWrites()
	r.want("+OK", "SET k w")
	r.s.StopWrites(&aso.PartialError{Err: syscall.EIO})
	r.s.ResumeWrites() // memory is not what it should be
	r.want("-MISCONF Errors writing to the AOF file: input/output error", "SET k x")
}

func TestServerWithoutPersistenceSaysSo(t *testing.T) {
	r := newReplies(t, nil)
	for _, command := range []string{"SAVE", "BGSAVE", "BGREWRITEAOF"} {
		r.want("-ERR persistence is off: start with appendonly yes, or with save points", command)
	}
	r.want("-ERR this server cannot be ended by a client", "SHUTDOWN")
	r.want("-ERR No shutdown in progress.", "SHUTDOWN ABORT")
}

package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"comet/aso/randtest"
)

// fillDisk lets every write of the process to a file fail, or no one any more.
func (p *process) fillDisk(full bool) {
	p.t.Helper()
	limit := syscall.Rlimit{Cur: ^uint64(0), Max: ^uint64(0)}
	if full {
		limit.Cur = 1
	}
	const fileSize = 1 // RLIMIT_FSIZE
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.cmd.Process.Pid), fileSize, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 {
		p.t.Fatal(errno)
	}
}

const refused = "MISCONF Errors writing to the AOF file: file too large"

// outageHandlers read only, or change their state.
const (
	loud    = "#!lua name=loud\nfunction onGet(self, ev) return self.value .. '!' end"
	counted = "#!lua name=counted\nfunction onGet(self, ev) self.state.n = (self.state.n or 0) + 1; self:call('APPEND', 'x'); return tostring(self.state.n) end"
	ticking = "#!lua name=ticking\nfunction onTimer(self, ev) self:call('INCR') end"
)

func TestWritesGoOnWhenTheDiskHasRoomAgain(t *testing.T) {
	for _, policy := range []string{"always", "everysec"} {
		t.Run(policy, func(t *testing.T) { goThroughOutages(t, policy) })
	}
}

func goThroughOutages(t *testing.T, policy string) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--appendfsync", policy, "--save", "")
	c := p.connect()
	c.want("OK", "SET", "k", "v")
	c.want("1", "HSET", "h", "f", "v")
	for key, source := range map[string]string{"loud": loud, "counted": counted, "ticking": ticking} {
		c.do("ASO.LOAD", source)
		c.want("OK", "SET", key, "0")
		c.want("1", "ASO.ATTACH", key, key)
	}
	c.want("1", "GET", "counted")
	for round := range 2 {
		p.fillDisk(true)
		c.want(refused, "SET", "uncertain", strconv.Itoa(round))
		c.wantOutage(round)
		if round == 1 {
			if got := c.do("BGREWRITEAOF"); !strings.Contains(got, "append only file rewriting") { // or a try is under way
				t.Errorf("BGREWRITEAOF replied %s", got)
			}
			eventually(t, "a failed rewrite", func() bool { return strings.Contains(c.do("INFO", "persistence"), "aof_last_bgrewrite_status:err\r\n") })
			if got := c.do("SAVE"); !strings.HasPrefix(got, "ERR ") {
				t.Errorf("SAVE replied %s", got)
			}
			c.wantOutage(round)
		}
		p.fillDisk(false)
		if round == 1 {
			eventually(t, "SAVE", func() bool { return c.do("SAVE") == "OK" }) // not while a retry is under way
		} else {
			eventually(t, "a write", func() bool { return c.do("SET", "k", "v") == "OK" })
		}
		c.want("OK", "SET", "k", "v")
		c.want(strconv.Itoa(round), "GET", "uncertain")
		c.want(strconv.Itoa(round+2), "GET", "counted")
		info := c.do("INFO", "persistence")
		for _, want := range []string{"aof_last_write_status:ok\r\n", "aof_last_bgrewrite_status:ok\r\n", "rdb_last_bgsave_status:ok\r\n"} {
			if round == 0 && !strings.Contains(info, want) {
				t.Errorf("%q is missing in %s", want, info)
			}
		}
	}
	p.kill()
	log := p.stderr.String()
	if strings.Count(log, "writes are refused") != 2 || strings.Count(log, "writes are accepted again") != 2 {
		t.Errorf("log:\n%s", log)
	}
	p = startComet(t, "--dir", dir)
	c = p.connect()
	c.want("1", "GET", "uncertain")
	c.want("v", "GET", "k")
	c.want("4", "GET", "counted")
	p.terminate()
}

// wantOutage checks that nothing is written, and everything can be read.
func (c *client) wantOutage(round int) {
	c.t.Helper()
	c.want(refused, "DEL", "k")
	if got := c.do("EVAL", "return redis.call('SET', 'k', 'w')", "0"); !strings.HasPrefix(got, refused) {
		c.t.Errorf("EVAL replied %s", got)
	}
	c.want("v", "GET", "k")
	c.want(strconv.Itoa(round), "GET", "uncertain")
	c.want("["+strconv.Itoa(round)+" v]", "MGET", "uncertain", "k")
	c.want("[f v]", "HGETALL", "h")
	c.want(strconv.Itoa(round), "EVAL", "return redis.call('GET', 'uncertain')", "0")
	c.want("0!", "GET", "loud")
	c.want(refused, "GET", "counted") // it would change its state
	c.want(refused, "GET", "counted")
	c.want("OK", "MULTI")
	c.want("QUEUED", "GET", "uncertain")
	c.want("QUEUED", "DBSIZE")
	c.want("["+strconv.Itoa(round)+" 6]", "EXEC")
	if got := c.do("SCAN", "0", "COUNT", "100"); !strings.Contains(got, "uncertain") {
		c.t.Errorf("SCAN replied %s", got)
	}
	if info := c.do("INFO", "persistence"); !strings.Contains(info, "aof_last_write_status:err\r\n") {
		c.t.Errorf("INFO persistence: %s", info)
	}
}

// An outage ends without a journal, too, and a journal can begin with the disk that has failed before.
func TestAnOutageEndsWithoutAJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--save", "")
	c := p.connect()
	c.want("OK", "SET", "k", "v")
	p.fillDisk(true)
	c.want(refused, "SET", "uncertain", "1")
	c.want("OK", "CONFIG", "SET", "appendonly", "no")
	eventually(t, "a write", func() bool { return c.do("SET", "k", "w") == "OK" })
	p.fillDisk(false)
	c.want("OK", "CONFIG", "SET", "appendonly", "yes")
	c.want("OK", "SET", "last", "1")
	p.kill()
	p = startComet(t, "--dir", dir)
	c = p.connect()
	c.want("[w 1 1]", "MGET", "k", "uncertain", "last")
	p.terminate()
}

// What becomes due while the disk is full takes place when there is room: once.
func TestTimersAndDeadlinesWaitForTheDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--appendfsync", "always")
	c := p.connect()
	c.do("ASO.LOAD", ticking)
	for i := range 20 {
		key := fmt.Sprint("t", i)
		c.want("OK", "SET", key, "0")
		c.want("1", "ASO.ATTACH", key, "ticking")
		c.do("ASO.TIMER", "SET", key, "once", "IN", "100")
	}
	c.want("OK", "SET", "short", "v", "PX", "100")
	p.fillDisk(true)
	c.want(refused, "SET", "k", "v")
	eventually(t, "the deadline", func() bool { return c.do("GET", "short") == "nil" })
	c.want(refused, "SET", "k", "v")
	c.want("0", "EXISTS", "short")
	p.fillDisk(false)
	for i := range 20 {
		eventually(t, "a timer", func() bool { return c.do("GET", fmt.Sprint("t", i)) == "1" })
	}
	p.kill()
	p = startComet(t, "--dir", dir, "--appendfsync", "always")
	c = p.connect()
	for i := range 20 {
		c.want("1", "GET", fmt.Sprint("t", i))
	}
	c.want("nil", "GET", "short")
	p.terminate()
}

// A kill at any moment of an outage, and of its end, loses nothing that was acknowledged, and lets messages and timers take effect once.
func TestAcknowledgedWritesSurviveOutagesAndKills(t *testing.T) {
	const rounds, purses, clients = 8, 6, 3
	seed := randtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := filepath.Join(t.TempDir(), "data")
	var paid atomic.Int64
	acked := make([]int, clients)
	timers := make([]int, clients)
	for round := range rounds {
		p := startComet(t, "--dir", dir, "--appendfsync", []string{"always", "everysec"}[round%2])
		admin := p.connect()
		if round == 0 {
			makePurses(admin, purses)
			admin.do("ASO.LOAD", ticking)
		}
		for n := range clients {
			if found, _ := strconv.Atoi(admin.do("GET", fmt.Sprint("n", n))); found < acked[n] {
				t.Fatalf("round %d: found %d, acknowledged %d", round, found, acked[n])
			}
		}
		var running sync.WaitGroup
		for n := range clients {
			c := p.connect()
			running.Go(func() { incr(c, n, &acked[n], &timers[n]) })
			payer, random := p.connect(), rand.New(rand.NewPCG(seed, uint64(round*clients+n+1)))
			running.Go(func() { pay(payer, random, purses, &paid) })
		}
		for range 1 + random.IntN(3) {
			pause(random, 100)
			p.fillDisk(true)
			pause(random, 100)
			p.fillDisk(false)
			_ = admin.send("BGREWRITEAOF")
			pause(random, 20)
		}
		p.kill()
		running.Wait()
	}
	p := startComet(t, "--dir", dir)
	c := p.connect()
	for n, count := range timers {
		for i := range count {
			key := fmt.Sprintf("t%d:%d", n, i+1)
			eventually(t, "timer of "+key, func() bool { return c.do("GET", key) == "1" })
		}
	}
	countPurses(t, c, purses, &paid)
	p.terminate()
}

func pause(random *rand.Rand, most int) {
	end := time.NewTimer(time.Duration(random.IntN(most)) * time.Millisecond)
	<-end.C
}

// incr counts, and sets timers that count once, until the server is gone.
func incr(c *client, n int, acked, timers *int) {
	for {
		reply, err := c.try("INCR", fmt.Sprint("n", n))
		if err != nil {
			return
		}
		if count, err := strconv.Atoi(reply); err == nil {
			*acked = count
		}
		key := fmt.Sprintf("t%d:%d", n, *timers+1)
		if reply, err = c.try("ASO.SET", key, "0", "HANDLER", "ticking"); err != nil {
			return
		}
		if reply != "OK" {
			continue
		}
		if reply, err = c.try("ASO.TIMER", "SET", key, "once", "IN", "20"); err != nil {
			return
		}
		if !strings.HasPrefix(reply, "MISCONF") {
			*timers++
		}
	}
}

// A server that follows a Redis goes on after an outage where it was: nothing is applied twice, and nothing is missing.
func TestFollowingGoesOnAfterAnOutage(t *testing.T) {
	master, port := startMaster(t)
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--appendfsync", "always")
	c := p.connect()
	c.want("OK", "REPLICAOF", "127.0.0.1", port)
	ask(t, master, "SET before 1")
	until(t, "the link is not up", func() bool { return c.do("GET", "before") == "1" })
	load := startCounters(t, port)
	for range 2 {
		p.fillDisk(true)
		until(t, "no outage", func() bool { return strings.Contains(c.do("INFO", "persistence"), "aof_last_write_status:err\r\n") })
		p.fillDisk(false)
		until(t, "the outage does not end", func() bool { return strings.Contains(c.do("INFO", "persistence"), "aof_last_write_status:ok\r\n") })
		until(t, "the link is not up again", func() bool { return field(c.do("INFO", "replication"), "master_link_status") == "up" })
	}
	load.end()
	wantCounters := func(c *client) {
		for i := range load.acknowledged {
			want := strconv.FormatInt(load.acknowledged[i].Load(), 10)
			until(t, "a counter is not that of the master", func() bool { return c.do("GET", fmt.Sprint("c", i)) == want })
			if i%2 == 1 {
				c.want(want, "LLEN", fmt.Sprint("l", i))
			}
		}
	}
	wantCounters(c)
	p.kill()
	p = startComet(t, "--dir", dir)
	wantCounters(p.connect())
	p.terminate()
}

// A disk that is full while a master sends all data costs nothing: what is here stays until all has come.
func TestAFullDiskInTheMiddleOfATransferCostsNothing(t *testing.T) {
	master, port := startMaster(t)
	ask(t, master, "DEBUG POPULATE 2000 key 1000")
	p := startComet(t, "--dir", filepath.Join(t.TempDir(), "data"), "--enable-debug-command", "yes")
	c := p.connect()
	c.want("OK", "SET", "mine", "v")
	ask(t, master, "CONFIG SET rdb-key-save-delay 500") // microseconds
	c.want("OK", "REPLICAOF", "127.0.0.1", port)
	until(t, "no transfer", func() bool { return field(c.do("INFO", "replication"), "master_sync_in_progress") == "1" })
	p.fillDisk(true)
	ask(t, master, "CONFIG SET rdb-key-save-delay 0")
	until(t, "no other try", func() bool {
		n, err := strconv.Atoi(field(ask(t, master, "INFO stats"), "sync_full"))
		return err == nil && n > 2
	})
	c.want("v", "GET", "mine")
	p.fillDisk(false)
	until(t, "no link", func() bool { return field(c.do("INFO", "replication"), "master_link_status") == "up" })
	if got, want := c.do("DEBUG", "DIGEST"), ask(t, master, "DEBUG DIGEST"); got != want {
		t.Errorf("digest %s, the master has %s", got, want)
	}
	c.want("nil", "GET", "mine")
	p.terminate()
}

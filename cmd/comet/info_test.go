package main

import (
	"path/filepath"
	"strconv"
	"testing"
)

// number returns a field of INFO.
func (c *client) number(name string) int64 {
	c.t.Helper()
	text := field(c.do("INFO", "everything"), name)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		c.t.Fatalf("%s is %q", name, text)
	}
	return n
}

// TestInfoCountsWhatHappened looks at fields that only a whole server has values for.
func TestInfoCountsWhatHappened(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir)
	c := p.connect()
	reads, writes := c.number("total_reads_processed"), c.number("total_writes_processed")
	c.want("PONG", "PING")
	if more := c.number("total_reads_processed") - reads; more != 3 { // the one of INFO before, PING, INFO
		t.Errorf("%d reads for 3 commands", more)
	}
	if more := c.number("total_writes_processed") - writes; more < 3 {
		t.Errorf("%d writes for 3 replies", more)
	}
	for _, timeout := range []string{"0", "1000"} {
		if err := p.connect().send("BLPOP", "nothing", timeout); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "two clients that wait", func() bool { return c.number("blocked_clients") == 2 })
	if n := c.number("clients_in_timeout_table"); n != 1 {
		t.Errorf("%d clients wait with a timeout", n)
	}
	if c.number("mem_clients_normal") <= 0 || c.number("client_recent_max_input_buffer") <= 0 {
		t.Error("clients hold no memory")
	}
	c.want("OK", "SET", "a", "1")
	c.want("OK", "RESTORE", "b", "0", c.do("DUMP", "a"))
	c.want("1", "PEXPIRE", "b", "1")
	eventually(t, "the death of b", func() bool { return c.number("expired_keys") == 1 })
	if n := c.number("dump_payload_sanitizations"); n != 1 {
		t.Errorf("%d payloads", n)
	}
	c.want("OK", "CONFIG", "SET", "maxmemory", "1")
	c.want("OOM command not allowed when used memory > 'maxmemory'.", "SET", "b", "2")
	eventually(t, "a shortage that lasts", func() bool { return c.number("current_eviction_exceeded_time") > 0 })
	c.want("OK", "CONFIG", "SET", "maxmemory", "0")
	if now, all := c.number("current_eviction_exceeded_time"), c.number("total_eviction_exceeded_time"); now != 0 || all == 0 {
		t.Errorf("shortage of %d ms, %d in all", now, all)
	}
	c.want("OK", "CONFIG", "RESETSTAT")
	if n := c.number("dump_payload_sanitizations") + c.number("total_eviction_exceeded_time"); n != 0 {
		t.Errorf("%d after CONFIG RESETSTAT", n)
	}
	p.kill()
	p = startComet(t, "--dir", dir)
	if n := p.connect().number("rdb_last_load_keys_loaded"); n != 1 {
		t.Errorf("%d keys loaded", n)
	}
	p.terminate()
}

//go:build ignore

// Hit ratio of a cache under maxmemory: the same trace of a zipf distribution, whose favourites shift now and then, on redis-server and comet, for
// policies that go by use and by chance. As maxmemory each gets what it uses with a share of the keys.
//
//	go run .ci/bench/eviction.go [-comet BINARY] [-keys N] [-requests N] [-share PERCENT]
//
// Sends nothing but loopback traffic, works in a temporary folder, and ends both servers. Needs redis-server.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	depth  = 32 // requests in a pipeline
	value  = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"
	skew   = 1.05
	shifts = 4 // times that other keys become the favourites
)

func main() {
	binary := flag.String("comet", "", "binary of comet; empty builds one")
	keys := flag.Int("keys", 200_000, "keys of the trace")
	requests := flag.Int("requests", 1_000_000, "requests of the trace")
	share := flag.Int("share", 20, "percent of the keys that there is memory for")
	flag.Parse()
	dir, err := os.MkdirTemp("", "eviction")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if *binary == "" {
		*binary = filepath.Join(dir, "comet")
		if out, err := exec.Command("go", "build", "-o", *binary, "./cmd/comet").CombinedOutput(); err != nil {
			log.Fatalf("build: %v\n%s", err, out)
		}
	}
	fmt.Printf("%-16s %10s %10s %10s %11s %11s\n", "policy", "redis", "comet", "difference", "redis keys", "comet keys")
	for _, policy := range []string{"allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-lfu", "allkeys-random", "volatile-random"} {
		redis, held := measure(filepath.Join(dir, "r-"+policy), policy, *keys, *requests, *share, "redis-server")
		comet, heldToo := measure(filepath.Join(dir, "c-"+policy), policy, *keys, *requests, *share, *binary)
		fmt.Printf("%-16s %9.2f%% %9.2f%% %+9.2f%% %11s %11s\n", policy, 100*redis, 100*comet, 100*(comet-redis), held, heldToo)
	}
}

// measure runs the trace on a server and returns the share of its reads that found something.
func measure(dir, policy string, keys, requests, share int, binary string) (ratio float64, held string) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		log.Fatal(err)
	}
	port := freePort()
	cmd := exec.Command(binary, "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--appendonly", "no", "--save", "")
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	c := dial(port)
	for k := range keys * share / 100 {
		c.set(policy, k)
		c.flush(k%depth == depth-1)
	}
	c.flush(true)
	c.ask("CONFIG", "SET", "maxmemory-policy", policy)
	c.ask("CONFIG", "SET", "maxmemory", strconv.FormatInt(c.usedMemory(), 10))
	ratio = c.trace(policy, keys, requests)
	return ratio, strings.TrimPrefix(c.ask("DBSIZE"), ":")
}

// trace reads keys and writes those that are missing.
func (c *client) trace(policy string, keys, requests int) float64 {
	rnd := rand.New(rand.NewSource(1))
	zipf := rand.NewZipf(rnd, skew, 1, uint64(keys-1))
	order := rnd.Perm(keys)
	hits, seen := 0, 0
	for i := 0; i < requests; i += depth {
		if i/(requests/shifts) != (i+depth)/(requests/shifts) {
			rnd.Shuffle(keys/10, func(i, j int) { order[i], order[j+keys/2] = order[j+keys/2], order[i] })
		}
		var asked [depth]int
		for j := range asked {
			asked[j] = order[zipf.Uint64()]
			c.send("GET", name(asked[j]))
		}
		for _, found := range c.flush(true) {
			if seen++; found != "$-1" && seen > requests/10 {
				hits++
			}
			if found == "$-1" {
				c.set(policy, asked[(seen-1)%depth])
			}
		}
		c.flush(true)
	}
	return float64(hits) / float64(seen-requests/10)
}

func name(k int) string { return fmt.Sprintf("key:%012d", k) }

// client speaks RESP2, with pipelines.
type client struct {
	r       *bufio.Reader
	w       *bufio.Writer
	waiting int
}

func dial(port string) *client {
	for range 200 {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			return &client{r: bufio.NewReader(conn), w: bufio.NewWriter(conn)}
		}
		time.Sleep(50 * time.Millisecond)
	}
	log.Fatal("the server did not start")
	return nil
}

func freePort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func (c *client) send(args ...string) {
	fmt.Fprintf(c.w, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(c.w, "$%d\r\n%s\r\n", len(a), a)
	}
	c.waiting++
}

// set writes key k, with a time to live that does not end if the policy asks for one.
func (c *client) set(policy string, k int) {
	if strings.HasPrefix(policy, "volatile") {
		c.send("SET", name(k), value, "EX", "100000")
	} else {
		c.send("SET", name(k), value)
	}
}

// flush sends what waits, if it is time, and returns the first lines of the replies, or the content of bulks.
func (c *client) flush(now bool) (replies []string) {
	if !now {
		return nil
	}
	if err := c.w.Flush(); err != nil {
		log.Fatal(err)
	}
	for ; c.waiting > 0; c.waiting-- {
		line, err := c.r.ReadString('\n')
		if err != nil {
			log.Fatal(err)
		}
		line = strings.TrimSpace(line)
		if line[0] == '-' {
			log.Fatal(line)
		}
		if n, isBulk := strings.CutPrefix(line, "$"); isBulk && n != "-1" {
			size, _ := strconv.Atoi(n)
			b := make([]byte, size+2)
			if _, err := io.ReadFull(c.r, b); err != nil {
				log.Fatal(err)
			}
			line = string(b[:size])
		}
		replies = append(replies, line)
	}
	return replies
}

func (c *client) ask(args ...string) string {
	c.send(args...)
	return c.flush(true)[0]
}

func (c *client) usedMemory() int64 {
	_, after, _ := strings.Cut(c.ask("INFO", "memory"), "used_memory:")
	text, _, _ := strings.Cut(after, "\r\n")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	return n
}

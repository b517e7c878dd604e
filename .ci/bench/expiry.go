//go:build ignore

// How late keys expire that nobody reads: 1 000 probe keys with one deadline, N volatile keys with later ones behind them, and a client that
// waits for the expired notifications; redis-server beside comet.
//
//	go run .ci/bench/expiry.go [-comet BINARY] [-svg docs/expiry.svg]
//
// Sends nothing but loopback traffic, works in a temporary folder, and ends both servers. Needs redis-server. Takes some minutes: it waits
// at most 120 s for the last probe of a row.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	probes  = 1000
	longest = 120 * time.Second
)

var behind = []int{0, 10_000, 100_000, 1_000_000}

// row is the lateness of the probes of one run.
type row struct {
	server string
	n      int
	late   []time.Duration // sorted
	lost   int             // probes that were not expired after the longest time
}

func (r *row) quantile(q float64) time.Duration {
	if i := int(q * float64(len(r.late)+r.lost)); i < len(r.late) {
		return r.late[i]
	}
	return longest
}

func main() {
	binary := flag.String("comet", "", "binary of comet; empty builds one")
	svg := flag.String("svg", "", "file to draw the result into")
	flag.Parse()
	dir, err := os.MkdirTemp("", "expiry")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if *binary == "" {
		*binary = filepath.Join(dir, "comet")
		build := exec.Command("go", "build", "-o", *binary, "./cmd/comet")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			log.Fatal(err)
		}
	}
	servers := map[string][]string{
		"redis": {"redis-server", "--port", "22221", "--bind", "127.0.0.1", "--save", "", "--dir", dir, "--notify-keyspace-events", "Ex"},
		"comet": {*binary, "--port", "22222", "--bind", "127.0.0.1", "--appendonly", "no", "--notify-keyspace-events", "Ex"},
	}
	var rows []row
	fmt.Println("server\tvolatile keys\tp50 ms\tp99 ms\tmax ms\tnot expired in 120 s")
	for _, name := range []string{"redis", "comet"} {
		for _, n := range behind {
			r, err := measure(servers[name], n)
			if err != nil {
				log.Fatalf("%s: %v", name, err)
			}
			r.server = name
			fmt.Printf("%s\t%d\t%.1f\t%.1f\t%.1f\t%d\n", name, n, ms(r.quantile(0.5)), ms(r.quantile(0.99)), ms(r.quantile(1-1e-9)), r.lost)
			rows = append(rows, r)
		}
	}
	if *svg != "" {
		if err := os.WriteFile(*svg, draw(rows), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// measure runs a server, fills it, and waits for the notifications.
func measure(command []string, n int) (r row, err error) {
	server := exec.Command(command[0], command[1:]...)
	if err := server.Start(); err != nil {
		return r, err
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	addr := "127.0.0.1:" + command[2]
	conn, err := dial(addr)
	if err != nil {
		return r, err
	}
	defer conn.Close()
	if err := fill(conn, n, func(i int) string {
		return fmt.Sprintf("SET volatile:%d v PXAT %d\r\n", i, time.Now().Add(time.Hour).UnixMilli()+int64(i))
	}); err != nil {
		return r, err
	}
	deadline := time.Now().Add(3 * time.Second).Truncate(time.Millisecond)
	if err := fill(conn, probes, func(i int) string { return fmt.Sprintf("SET probe:%d v PXAT %d\r\n", i, deadline.UnixMilli()) }); err != nil {
		return r, err
	}
	if _, err := io.WriteString(conn, "SUBSCRIBE __keyevent@0__:expired\r\n"); err != nil {
		return r, err
	}
	_ = conn.SetReadDeadline(deadline.Add(longest))
	lines := bufio.NewReader(conn)
	for len(r.late) < probes {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the time is over
		}
		if strings.HasPrefix(line, "probe:") {
			r.late = append(r.late, time.Since(deadline))
		}
	}
	r.lost = probes - len(r.late)
	slices.Sort(r.late)
	return r, nil
}

// dial waits for the server to listen.
func dial(addr string) (conn net.Conn, err error) {
	for range 200 {
		if conn, err = net.Dial("tcp", addr); err == nil {
			return conn, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, err
}

// fill sends n commands and reads as many replies of one line.
func fill(conn net.Conn, n int, command func(i int) string) error {
	failed := make(chan error, 1)
	go func() {
		out := bufio.NewWriterSize(conn, 1<<16)
		for i := range n {
			_, _ = out.WriteString(command(i))
		}
		failed <- out.Flush()
	}()
	in := bufio.NewReaderSize(conn, 1<<16)
	for range n {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if line != "+OK\r\n" {
			return fmt.Errorf("reply %q", line)
		}
	}
	return <-failed
}

// draw plots the median and the 99th percentile over the number of keys, both axes logarithmic in steps.
func draw(rows []row) []byte {
	const width, height, left, bottom, top = 640, 360, 70, 300, 30
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/><text x="%d" y="18" font-size="14">How late keys expire that nobody reads</text>`+"\n", width, height, left)
	x := func(i int) int { return left + 60 + i*130 }
	y := func(d time.Duration) int { // 0.1 ms at the bottom, 1000 s at the top
		decades := math.Log10(max(ms(d), 0.1)) + 1
		return bottom - int(decades*float64(bottom-top)/7)
	}
	for _, d := range []time.Duration{100 * time.Microsecond, time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second, 100 * time.Second} {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="#ddd"/><text x="%d" y="%d" text-anchor="end">%v</text>`+"\n", left, width-20, y(d), y(d), left-6, y(d)+4, d)
	}
	for i, n := range behind {
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%d</text>`+"\n", x(i), bottom+20, n)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">volatile keys with later deadlines</text>`+"\n", (left+width)/2, bottom+42)
	for s, server := range []string{"redis", "comet"} {
		color := []string{"#c0392b", "#2471a3"}[s]
		for k, q := range []float64{0.5, 0.99} {
			var points []string
			i := 0
			for _, r := range rows {
				if r.server == server {
					points = append(points, fmt.Sprintf("%d,%d", x(i), y(r.quantile(q))))
					i++
				}
			}
			dash := []string{"", ` stroke-dasharray="5 4"`}[k]
			fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2"%s points="%s"/>`+"\n", color, dash, strings.Join(points, " "))
			fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="%s" stroke-width="2"%s/><text x="%d" y="%d">%s %s</text>`+"\n",
				left+10+140*(2*s+k), left+40+140*(2*s+k), height-6, height-6, color, dash, left+46+140*(2*s+k), height-2, server, []string{"p50", "p99"}[k])
		}
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

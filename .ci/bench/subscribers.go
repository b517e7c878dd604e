//go:build ignore

// Messages to 1 000 subscribers of a channel: deliveries a second, and CPU time of the server process for each.
//
//	go run .ci/bench/subscribers.go REDIS-PORT REDIS-PID COMET-PORT COMET-PID
//
// families.sh runs it. Sends nothing but loopback traffic.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	subscribers = 1000
	messages    = 300
	inFlight    = 10 // messages that are published at once
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 5 {
		log.Fatal("usage: subscribers REDIS-PORT REDIS-PID COMET-PORT COMET-PID")
	}
	redisRate, redisCPU := measure(os.Args[1], os.Args[2])
	cometRate, cometCPU := measure(os.Args[3], os.Args[4])
	fmt.Printf("%-22s %4d %12.0f %12.0f %7.2f %11.2f %11.2f %7.2f\n", "pubsub/subscribers1k", inFlight, redisRate, cometRate, cometRate/redisRate,
		redisCPU, cometCPU, redisCPU/cometCPU)
}

// measure returns deliveries a second, and microseconds of the server's CPU for each.
func measure(port, pid string) (rate, micros float64) {
	message := strings.Repeat("m", 64)
	delivery := int64(len(bulks("message", "channel", message)))
	var all sync.WaitGroup
	for range subscribers {
		c := dial(port)
		defer c.Close()
		send(c, bulks("SUBSCRIBE", "channel"))
		receive(c, int64(len("*3\r\n$9\r\nsubscribe\r\n$7\r\nchannel\r\n:1\r\n")))
		all.Go(func() { receive(c, delivery*messages) })
	}
	publisher := dial(port)
	defer publisher.Close()
	cpu, start := cpuOf(pid), time.Now()
	for range messages / inFlight {
		send(publisher, strings.Repeat(bulks("PUBLISH", "channel", message), inFlight))
		receive(publisher, int64(len(":1000\r\n"))*inFlight)
	}
	all.Wait()
	const deliveries = subscribers * messages
	return deliveries / time.Since(start).Seconds(), (cpuOf(pid) - cpu) / deliveries
}

func bulks(words ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b.String()
}

func dial(port string) net.Conn {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func send(c net.Conn, s string) {
	if _, err := io.WriteString(c, s); err != nil {
		log.Fatal(err)
	}
}

func receive(c net.Conn, n int64) {
	if _, err := io.CopyN(io.Discard, c, n); err != nil {
		log.Fatal(err)
	}
}

// cpuOf returns the CPU time of a process, user and system, in microseconds.
func cpuOf(pid string) float64 {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		log.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var user, system float64 // ticks of 10 ms
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		log.Fatal(err)
	}
	return (user + system) * 10_000
}

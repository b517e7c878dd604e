package command_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"

	"comet/aso"
	"comet/aso/value"
	"comet/resp/command"
	"comet/resp/wire"
)

// BenchmarkBatch measures the path of a command without the network: ns/op is the time of one command in a pipeline.
func BenchmarkBatch(b *testing.B) {
	const keys = 1_000_000
	value64 := fmt.Sprintf("%064d", 0)
	workloads := []struct {
		name string
		args func(n int) []string
	}{
		{"ping", func(int) []string { return []string{"PING"} }},
		{"llen", func(int) []string { return []string{"LLEN", "mylist"} }},
		{"hdel", func(n int) []string { return []string{"HDEL", "myhash", "absent:" + key(n)} }},
		{"get", func(n int) []string { return []string{"GET", key(n)} }},
		{"set", func(n int) []string { return []string{"SET", key(n), value64} }},
		{"incr", func(n int) []string { return []string{"INCR", "counter:" + key(n)} }},
		{"lpush", func(int) []string { return []string{"LPUSH", "mylist", value64} }},
		{"hset", func(n int) []string { return []string{"HSET", "myhash", "element:" + key(n), value64} }},
		{"xadd", func(n int) []string { return []string{"XADD", "mystream", "*", "element", key(n), "value", value64} }},
		{"zadd", func(n int) []string { return []string{"ZADD", "myzset", "0", "element:" + key(n)} }},
	}
	for _, w := range workloads {
		for _, depth := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/pipeline=%d", w.name, depth), func(b *testing.B) {
				ses, s := benchSession(b)
				runBatch(b, s, ses, [][][]byte{bytesOf("RPUSH", "mylist", value64)})
				runBatch(b, s, ses, [][][]byte{bytesOf("HSET", "myhash", "field", value64)})
				for n := range keys {
					runBatch(b, s, ses, [][][]byte{bytesOf("SET", key(n), value64)})
				}
				var batches [1024][][][]byte
				for i := range batches {
					for range depth {
						batches[i] = append(batches[i], bytesOf(w.args(rand.IntN(keys))...))
					}
				}
				b.ReportAllocs()
				b.ResetTimer()
				for n := 0; n < b.N; n += depth {
					runBatch(b, s, ses, batches[n/depth%len(batches)])
				}
			})
		}
	}
}

func key(n int) string { return fmt.Sprintf("key:%012d", n) }

func bytesOf(words ...string) (args [][]byte) {
	for _, w := range words {
		args = append(args, []byte(w))
	}
	return args
}

func runBatch(b *testing.B, s *command.Server, ses *command.Session, cmds [][][]byte) {
	if s.Batch(ses, cmds) != len(cmds) {
		b.Fatal("batch not run")
	}
	ses.Reply.Reset()
}

func benchSession(b testing.TB) (*command.Session, *command.Server) {
	return benchSessionWith(b, aso.Options{Limits: value.DefaultLimits()})
}

func benchSessionWith(b testing.TB, options aso.Options) (*command.Session, *command.Server) {
	ks := aso.New(options)
	config, err := command.NewConfig()
	if err != nil {
		b.Fatal(err)
	}
	s, err := command.NewServer(ks, command.Options{Config: config})
	if err != nil {
		b.Fatal(err)
	}
	var reply wire.Reply
	return s.NewSession(&testConn{nc: &net.TCPConn{}}, &reply), s
}

package resp

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// BenchmarkPing measures one connection over loopback; redis-benchmark with many
// connections is the measure against Redis.
func BenchmarkPing(b *testing.B) {
	for _, pipeline := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("pipeline=%d", pipeline), func(b *testing.B) {
			_, addr := startServer(b, newTestHandler(), nil)
			c := dial(b, addr)
			_ = c.SetDeadline(time.Time{})
			request := strings.Repeat("*1\r\n$4\r\nPING\r\n", pipeline)
			reply := make([]byte, 7*pipeline)
			r := bufio.NewReader(c.Conn)
			b.ReportAllocs()
			for b.Loop() {
				c.send(request)
				if _, err := io.ReadFull(r, reply); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

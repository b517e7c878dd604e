package command_test

import (
	"math/rand/v2"
	"testing"

	"comet/aso"
)

// BenchmarkScripts measures scripts and functions without the network: ns/op is the time of one run in a pipeline of 64.
func BenchmarkScripts(b *testing.B) {
	const keys, depth = 10_000, 64
	const get, count = "return redis.call('GET', KEYS[1])", "local n = redis.call('GET', KEYS[1]) or 0 redis.call('SET', KEYS[1], n + 1) return n + 1"
	library := "#!lua name=bench\nredis.register_function('get', function(KEYS) " + get + " end)\nredis.register_function('count', function(KEYS) " + count + " end)"
	for name, words := range map[string][]string{
		"evalsha/get":   {"EVALSHA", aso.ScriptName([]byte(get)), "1"},
		"evalsha/count": {"EVALSHA", aso.ScriptName([]byte(count)), "1"},
		"fcall/get":     {"FCALL", "get", "1"},
		"fcall/count":   {"FCALL", "count", "1"},
	} {
		b.Run(name, func(b *testing.B) {
			ses, s := benchSession(b)
			runBatch(b, s, ses, [][][]byte{bytesOf("SCRIPT", "LOAD", get), bytesOf("SCRIPT", "LOAD", count), bytesOf("FUNCTION", "LOAD", library)})
			for n := range keys {
				runBatch(b, s, ses, [][][]byte{bytesOf("SET", key(n), "1")})
			}
			var batches [256][][][]byte
			for i := range batches {
				for range depth {
					batches[i] = append(batches[i], bytesOf(append(words, key(rand.IntN(keys)))...))
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

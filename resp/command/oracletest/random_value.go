package oracletest

import (
	"strconv"
	"strings"
)

// The pools that values come from. Relative times are long, so that nothing expires while a sequence runs, but for
// one, which the servers sleep away; and no number makes a value of hundreds of megabytes.
var (
	elements = []string{
		"a", "b", "c", "d", "e", "f", "1", "2", "3", "10", "-5", "0", "", "abc", "hello world", "3.5", "1e3", "\xff\x00\x01", "12345678901234567890",
		"9223372036854775807", strings.Repeat("x", 45), strings.Repeat("y", 70), strings.Repeat("z", 300),
	}
	large    = []string{strings.Repeat("v", 5000), strings.Repeat("w", 9000), strings.Repeat("u", 70000)}
	integers = []string{"0", "1", "2", "3", "-1", "127", "128", "-129", "32767", "32768", "70000", "2147483648", "-2147483649", "9223372036854775807", "-9223372036854775808"}
	nasty    = []string{
		"", "abc", "-1", "0", "1.5", " 1", "1 ", "+1", "01", "-0", "0x10", "1e5", "nan", "inf", "-inf", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809", "4294967296", "\x01\x00", "a\r\nb", "NX", "XX", "COUNT", "LIMIT", "MATCH", "GET", "STORE", "*", "-", "+", "$", ">", "(", "[", "(1", "[a",
		"WITHSCORES", "STREAMS", "KEEPTTL", "REPLACE", "ANY", "INCR", "CH",
	}
	counts    = []string{"0", "1", "2", "3", "5", "10", "-1", "-2", "-3", "100"}
	indexes   = []string{"0", "1", "2", "-1", "-2", "-3", "5", "100", "-100"}
	steps     = []string{"1", "-1", "2", "10", "-100", "0", "9223372036854775807", "-9223372036854775807"}
	lifetimes = []string{"100", "1000", "100000", "0", "-1", "-1000", "9223372036854775807", "9223372036854775", "abc"}
	millis    = []string{"100000", "1000000", "0", "-1", "-1000", "9223372036854775807", "abc"}
	doubles   = []string{"1", "2", "0", "-1", "1.5", "-2.25", "1e3", "0.1", "3", "inf", "-inf", "+inf", "nan", "abc", "", "1e400", "0x1p3", "1e-320", "-0", "123456789.123456789", "1e21", "12345678901234567"}
	bounds    = []string{"-inf", "+inf", "0", "1", "(1", "2", "(2", "3", "-", "+", "[a", "(a", "[c", "(b", "[", "1.5", "(inf"}
	patterns  = []string{"*", "a*", "?", "[a-c]", "h?", "*1", "[^a]*", "\\*", "", "s*", "nothing"}
	ids       = []string{"0", "0-0", "1-1", "2-1", "5", "3-3", "1-0", "$", ">", "-", "+", "(1-1", "(2", "18446744073709551615-18446744073709551615", "abc", "1-", "5-18446744073709551615"}
	encodings = []string{"u8", "i8", "u4", "i16", "u63", "i64", "u1", "i5", "u64", "i0", "x8"}
	types     = []string{"string", "list", "hash", "set", "zset", "stream", "none"}
	waits     = []string{"0", "0", "0", "100", "-1", "abc", "inf", "nan"}
	degrees   = []string{"0", "13.361389", "38.115556", "15.087269", "37.502669", "-122.27", "2.35", "181", "-86", "48.85", "abc"}
)

// scripts run the command that their arguments are.
var scripts = []string{
	"return redis.call(unpack(ARGV))",
	"#!lua\nreturn redis.call(unpack(ARGV))",
	"#!lua flags=no-writes\nreturn redis.call(unpack(ARGV))",
	"return redis.pcall(unpack(ARGV))",
	mapScript,
	"local r = redis.pcall(unpack(ARGV)) return {type(r), r}",
}

// evals are the commands that run them.
var evals = []string{"EVAL", "EVAL", "EVAL_RO"}

const mapScript = "redis.setresp(3) return redis.call(unpack(ARGV))"

// smallLimits lets values change their encodings soon, defaultLimits puts that right.
var (
	smallLimits = []string{
		"CONFIG", "SET", "hash-max-listpack-entries", "4", "hash-max-listpack-value", "20", "zset-max-listpack-entries", "4",
		"zset-max-listpack-value", "20", "set-max-intset-entries", "3", "list-max-listpack-size", "3", "stream-node-max-entries", "3",
	}
	defaultLimits = []string{
		"CONFIG", "SET", "hash-max-listpack-entries", "128", "hash-max-listpack-value", "64", "zset-max-listpack-entries", "128",
		"zset-max-listpack-value", "64", "set-max-intset-entries", "512", "list-max-listpack-size", "-2", "stream-node-max-entries", "100",
		"stream-node-max-bytes", "4096", "hll-sparse-max-bytes", "3000", "notify-keyspace-events", "KEAnm",
	}
)

// binary ends some keys.
const binary = "\x00\r\n\xff"

// letters of the keys that commands of a group mostly use.
var letters = map[string]string{
	"string": "s", "bitmap": "s", "hyperloglog": "p", "hash": "h", "list": "l", "set": "e", "sorted-set": "z", "geo": "z", "stream": "x",
}

func (w *Writer) pick(from []string) string { return from[w.IntN(len(from))] }

// word writes a value of an argument.
func (w *Writer) word(a *Argument) string {
	if w.IntN(50) == 0 {
		return w.pick(nasty)
	}
	switch a.Type {
	case "key":
		return w.key()
	case "pattern":
		return w.pick(patterns)
	case "double":
		return w.double(a.Name)
	case "unix-time":
		return w.deadline(a.Name)
	case "integer":
		return w.integer(a.Name)
	}
	return w.text(a.Name)
}

func (w *Writer) key() string {
	letter := letters[w.cmd.Group]
	if letter == "" || w.IntN(12) == 0 {
		letter = w.pick([]string{"s", "h", "l", "e", "z", "x", "p"})
	}
	if w.IntN(30) == 0 {
		return letter + binary
	}
	return letter + strconv.Itoa(w.IntN(3)+1)
}

func (w *Writer) double(name string) string {
	switch name {
	case "timeout":
		return w.pick(waits)
	case "min", "max":
		return w.pick(bounds)
	case "longitude", "latitude":
		return w.pick(degrees)
	case "radius", "width", "height":
		return w.pick([]string{"100", "1", "200000", "0", "-1", "1e7", "abc"})
	}
	return w.pick(doubles)
}

func (w *Writer) deadline(name string) string {
	at := w.now + 5000
	switch w.IntN(5) {
	case 0:
		return w.pick([]string{"0", "1", "-1", "abc", "9223372036854775807"})
	case 1:
		at += 100000
	}
	if strings.Contains(name, "milli") {
		at *= 1000
	}
	return strconv.FormatInt(at, 10)
}

func (w *Writer) integer(name string) string {
	switch name {
	case "seconds", "ttl":
		return w.pick(lifetimes)
	case "milliseconds", "ms", "min-idle-time":
		if name == "milliseconds" && w.IntN(4) == 0 {
			return soon
		}
		return w.pick(millis)
	case "increment", "decrement", "value":
		return w.pick(steps)
	case "index", "start", "stop", "end", "offset", "rank", "bit":
		return w.pick(indexes)
	case "db", "destination-db", "index1", "index2":
		return w.pick([]string{"0", "1", "2", "3", "16", "-1"})
	case "cursor":
		return w.pick([]string{"0", "0", "0", "0", "abc", ""})
	case "timeout":
		return w.pick([]string{"1", "-1", "abc"})
	case "client-id":
		return w.pick([]string{"99999", "-1", "abc"})
	}
	return w.pick(counts)
}

func (w *Writer) text(name string) string {
	switch name {
	case "id", "lastid", "last-id", "max_deleted_entry_id", "threshold":
		return w.streamID()
	case "start", "end", "stop", "min", "max":
		if w.cmd.Group == "stream" {
			return w.streamID()
		}
		return w.pick(bounds)
	case "group", "groupname":
		return w.pick([]string{"g1", "g2"})
	case "consumer", "consumername":
		return w.pick([]string{"c1", "c2"})
	case "min-idle-time":
		return w.pick(millis)
	case "encoding":
		return w.pick(encodings)
	case "type":
		return w.pick(types)
	case "channel", "shardchannel":
		return w.pick([]string{"ch1", "ch2"})
	case "command":
		return w.pick([]string{"get", "set", "mset", "zunionstore", "xreadgroup", "eval", "lmpop", "sort", "object", "config", "nothing"})
	}
	if w.IntN(100) == 0 {
		return w.pick(large)
	}
	return w.pick(elements)
}

// streamID is mostly a small id that grows with the sequence, so that many XADD succeed.
func (w *Writer) streamID() string {
	if w.IntN(2) == 0 {
		return w.pick(ids)
	}
	if w.IntN(3) == 0 {
		return strconv.Itoa(w.IntN(20)) + "-*"
	}
	return strconv.Itoa(w.IntN(20)) + "-" + strconv.Itoa(w.IntN(4))
}

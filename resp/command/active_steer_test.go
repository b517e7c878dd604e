package command_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"comet/aso/randtest"
	"comet/resp/command/oracletest"
)

// hostileTexts are what a handler might say to make a client act, or lose its place in the stream.
var hostileTexts = []string{
	"MOVED 1 127.0.0.1:1", "ASK 1 127.0.0.1:1", "NOAUTH Authentication required.", "READONLY You can't write", "LOADING", "BUSY Redis is busy", "NOSCRIPT No matching script",
	"CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "OOM", "MISCONF", "WRONGPASS", "NOPROTO", "EXECABORT", "UNBLOCKED", "NOREPLICAS", "ERR unknown command", "WRONGTYPE x",
	"-MOVED 1 127.0.0.1:1", " MOVED 1 127.0.0.1:1", "\tMOVED", "\r\n-MOVED 1 127.0.0.1:1\r\n", "\n", "\r", "\r\n\r\n", "x\r\n+OK\r\n:1\r\n$-1\r\n*3\r\n", "\x00MOVED", "", " ",
	"\xff\xfe\x80", "caf\xc3", "\u2028MOVED", strings.Repeat("é", 300), strings.Repeat("x", 10_000), strings.Repeat("\r\n", 5000), strings.Repeat("\xff", 600), "|", ">3", "%1",
}

// luaText returns s as a literal of Lua.
func luaText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, ch := range []byte(s) {
		fmt.Fprintf(&b, "\\%03d", ch)
	}
	b.WriteByte('"')
	return b.String()
}

// steerer makes handlers that end in every way.
type steerer struct{ *rand.Rand }

func (s steerer) one(choices ...string) string { return choices[s.IntN(len(choices))] }

func (s steerer) text() string {
	text := hostileTexts[s.IntN(len(hostileTexts))]
	if s.IntN(4) == 0 {
		text += hostileTexts[s.IntN(len(hostileTexts))]
	}
	if len(text) > 1000 && strings.Count(text, text[:2]) > 400 { // a literal would make the source too long
		return fmt.Sprintf("((%s):rep(%d))", luaText(text[:2]), len(text)/2)
	}
	return luaText(text)
}

// value is what a handler may return to a client.
func (s steerer) value(depth int) string {
	if depth == 0 {
		return s.one(s.text(), "1", "nil", "true", "false", "0/0", "1/0", "-1e300", "2^63", "{}", "{ err = "+s.text()+" }", "{ ok = "+s.text()+" }", "{ double = 0/0 }", "{ double = 1/0 }")
	}
	in := func() string { return s.value(depth - 1) }
	switch s.IntN(12) {
	case 0:
		return "{ " + in() + ", " + in() + ", " + in() + " }"
	case 1:
		return "{ a = " + in() + ", b = " + in() + " }"
	case 2:
		return "{ map = { a = " + in() + ", [1] = " + in() + ", [" + s.text() + "] = " + in() + " } }"
	case 3:
		return "{ set = { a = true, [" + s.text() + "] = true } }"
	case 4:
		return "{ err = " + s.one(in(), "{ err = "+s.text()+" }", "1", "true") + " }"
	case 5:
		return "{ ok = " + in() + " }"
	case 6:
		return "{ err = " + s.text() + ", ok = " + s.text() + ", " + in() + " }"
	case 7:
		return "{ double = " + in() + " }"
	case 8:
		return "(function() local t = { err = " + s.text() + " } for i = 1, " + s.one("3", "15", "17", "100") + " do t = { t } end return t end)()"
	case 9:
		return "setmetatable({ " + in() + " }, { __index = { err = " + s.text() + " } })"
	default:
		return s.value(0)
	}
}

// end is how a handler ends.
func (s steerer) end() string {
	switch s.IntN(16) {
	case 0:
		return "error(" + s.text() + ")"
	case 1:
		return "error(" + s.text() + ", 0)"
	case 2:
		return "error(" + s.value(2) + ")"
	case 3:
		return "error({ err = " + s.text() + " })"
	case 4, 5:
		return "return deny(" + s.one(s.text(), s.value(1)) + ")"
	case 6:
		return s.one("return keep()", "return missing()", "return keep(10)", "return wait(0)", "return")
	case 7:
		return "self:call(" + s.text() + ", " + s.text() + ")"
	case 8:
		return s.one("while true do end", "return ('x'):rep(1e9)", "return nil .. "+s.text(), "local t = {} t[nil] = 1", "return #self.nothing", "self:send("+s.text()+", "+s.text()+", "+s.value(1)+")")
	case 9:
		return "local ok, e = pcall(error, " + s.text() + ") error(e)"
	default:
		return "return " + s.value(s.IntN(4))
	}
}

func (s steerer) handler() string {
	var b strings.Builder
	for _, event := range []string{"Get", "Put", "Update", "Delete", "Message", "Timer", "Attach", "Expire"} {
		if event != "Attach" || s.IntN(4) == 0 {
			end := s.end()
			if event == "Message" && s.IntN(4) == 0 {
				end = "self:emit(\"e\", " + s.value(2) + ") " + end
			}
			fmt.Fprintf(&b, "function on%s(self, ev) do %s end end\n", event, end)
		}
	}
	return b.String()
}

// ownErrors are the errors of the commands above themselves, without what a script adds.
var ownErrors = regexp.MustCompile(`^(ERR no such key|ERR no such timer|ERR value is not an integer or out of range|ERR This Redis command is not allowed from script` +
	`|ERR XREAD command is not allowed with BLOCK option from scripts|WRONGTYPE Operation against a key holding the wrong kind of value` +
	`|NOGROUP No such key 'k' or consumer group 'g'.*|Cell error: Couldn't parse as integer: .*)( script: [0-9a-f]{40}, on @user_script:1\.)?$`)

// asoErrors are the first words of the errors of active objects.
var asoErrors = []string{"ASODENY", "ASOLIMIT", "ASOFAIL", "ASOTYPE", "ASOCOMPILE", "ASONOHANDLER", "ASOEXISTS", "ASOINUSE", "ASOPARAM", "ASOQUOTA"}

// checkFrames fails unless wire is n replies, none of which has an error that a client acts on. It returns how many errors of handlers there are.
func checkFrames(wire []byte, n int) (errors int, err error) {
	raw := bytes.NewReader(wire)
	r := bufio.NewReader(raw)
	for range n {
		f, err := oracletest.ReadFrame(r)
		if err != nil {
			return 0, fmt.Errorf("not a reply: %w", err)
		}
		of, err := checkErrors(f)
		if err != nil {
			return 0, err
		}
		errors += of
	}
	if left, _ := io.ReadAll(r); len(left) > 0 {
		return 0, fmt.Errorf("%q follows", left)
	}
	return errors, nil
}

func checkErrors(f oracletest.Frame) (errors int, err error) {
	for _, item := range f.Items {
		n, err := checkErrors(item)
		if err != nil {
			return 0, err
		}
		errors += n
	}
	if f.Kind == oracletest.Status && strings.ContainsAny(f.Text, "\r\n") {
		return 0, fmt.Errorf("status %q", f.Text)
	}
	if f.Kind != oracletest.Error {
		return errors, nil
	}
	word, _, _ := strings.Cut(f.Text, " ")
	switch {
	case len(f.Text) > 512:
		return 0, fmt.Errorf("an error of %d bytes", len(f.Text))
	case strings.ContainsAny(f.Text, "\r\n"):
		return 0, fmt.Errorf("error %q has line ends", f.Text)
	case slices.Contains(asoErrors, word):
		return errors + 1, nil
	case ownErrors.MatchString(f.Text):
		return errors, nil
	}
	return 0, fmt.Errorf("error %q", f.Text)
}

// ask runs commands, of which each has one reply, and checks what comes back.
func (e *engine) ask(cmds ...[][]byte) (errors int, err error) {
	e.t.Helper()
	for left := cmds; len(left) > 0; {
		left = left[e.server.Batch(e.ses, left):]
	}
	defer e.reply.Reset()
	if errors, err = checkFrames(e.reply.Bytes(), len(cmds)); err != nil {
		err = fmt.Errorf("%w in %q", err, e.reply.Bytes())
	}
	return errors, err
}

// steerWays are what clients may send that meets the handlers of the key k, and what is there before.
var steerWays = []struct {
	setup string
	lines []string
}{
	{"SET k 5; SET plain v; SET other w", []string{
		"GET k", "MGET plain k plain", "SET k 6", "SET k 6 GET", "INCR k", "APPEND k x", "GETRANGE k 0 1", "COPY k plain REPLACE", "COPY plain k REPLACE", "RENAME k plain", "RENAME plain k",
		"GETDEL k", "EXPIRE k 100", "EXPIRE k -1", "MSET plain 1 k 2", "DEL k", "UNLINK k plain", "MOVE k 1", "LCS k plain",
	}},
	{"HSET k f v", []string{"HGET k f", "HGETALL k", "HMGET k f g", "HSET k f w", "HDEL k f", "HSCAN k 0", "HRANDFIELD k 2 WITHVALUES"}},
	{"RPUSH k a b", []string{"LRANGE k 0 -1", "LPOP k", "BLPOP none k 0", "LMOVE k plain LEFT LEFT", "LMPOP 2 none k LEFT COUNT 2", "LPUSH k x", "LPOS k a", "LTRIM k 1 0", "BLMOVE k k LEFT LEFT 0"}},
	{"SADD k a b; SADD s a", []string{"SMEMBERS k", "SISMEMBER k a", "SUNION s k", "SUNIONSTORE s k", "SADD k c", "SPOP k", "SMOVE k s b", "SREM k a"}},
	{"ZADD k 1 a 2 b", []string{"ZRANGE k 0 -1 WITHSCORES", "ZSCORE k a", "ZINCRBY k 1 a", "ZPOPMIN k", "ZADD k 3 c", "ZRANGESTORE z k 0 -1", "ZREM k a", "BZPOPMAX k 0"}},
	{"XADD k 1 f v; XGROUP CREATE k g 0", []string{
		"XRANGE k - +", "XREAD STREAMS k 0", "XREAD BLOCK 0 STREAMS k 0", "XREADGROUP GROUP g c STREAMS k >", "XADD k * f w", "XLEN k", "XDEL k 1-0", "XPENDING k g",
		"XINFO STREAM k", "XTRIM k MAXLEN 0",
	}},
	{"SET k 5", []string{
		"ASO.GET k", "ASO.GET k a b", "ASO.CALL k m", "ASO.CALL k m payload", "ASO.SET k v", "ASO.DRYRUN k -- GET k", "ASO.DRYRUN k -- SET k 9", "ASO.DRYRUN k -- DEL k", "ASO.SHOW k", "ASO.LOG k",
		"ASO.TIMER LIST k", "ASO.REPLAY LIST", "ASO.DLQ LIST", "ASO.SLOWLOG GET", "ASO.STATS", "ASO.TIMER SET k t IN 1", "ASO.TIMER FIRE k t", "CL.THROTTLE k 5 10 60", "ASO.RULE MATCH k",
	}},
}

// steerScripts are scripts that run a command, which ARGV is, on the key k.
var steerScripts = []string{
	"return redis.call(unpack(ARGV))", "return redis.pcall(unpack(ARGV))", "return { redis.pcall(unpack(ARGV)), { redis.pcall(unpack(ARGV)) } }",
	"redis.setresp(3) return { redis.pcall(unpack(ARGV)) }", "local r = redis.pcall(unpack(ARGV)) if type(r) == 'table' and r.err then return redis.error_reply(r.err) end return r",
	"local ok, e = pcall(redis.call, unpack(ARGV)) if not ok then return redis.error_reply(e) end return ok",
}

// TestHandlersSteerNoClient lets random handlers answer, refuse and fail on every way on which a client meets them: no reply is anything but one
// reply, and each error in it begins with a word that no client acts on, is one line, and has at most 512 bytes.
func TestHandlersSteerNoClient(t *testing.T) {
	seed := randtest.Seed(t)
	s := steerer{rand.New(rand.NewPCG(seed, 0))}
	errors, asked := 0, 0
	for round := range 40 {
		e := newEngine(t)
		e.all("HELLO " + s.one("2", "3"))
		for range 4 {
			way := steerWays[s.IntN(len(steerWays))]
			e.all("FLUSHALL; " + way.setup)
			body := s.handler()
			attach := [][][]byte{bytesOf("ASO.LOAD", "#!lua name=steers\n"+body), bytesOf("ASO.ATTACH", "k", "steers")} // some do not compile
			for i := range 7 {
				cmds := attach
				if i > 0 {
					cmds = s.commands(way.lines)
				}
				n, err := e.ask(cmds...)
				if err != nil {
					t.Fatalf("round %d: %q: %v\n%s", round, cmds, err, body)
				}
				errors, asked = errors+n, asked+len(cmds)
			}
			e.now += time.Minute.Milliseconds()
			if err := e.ks.RunDue(); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d errors of handlers in %d replies", errors, asked)
	if errors < asked/10 {
		t.Error("the handlers refuse too little")
	}
}

// commands returns one of the lines as a client may send it: alone, in a transaction, or a script instead.
func (s steerer) commands(lines []string) [][][]byte {
	line := bytesOf(strings.Fields(lines[s.IntN(len(lines))])...)
	switch s.IntN(4) {
	case 0:
		other := bytesOf(strings.Fields(lines[s.IntN(len(lines))])...)
		return [][][]byte{bytesOf("MULTI"), line, other, bytesOf("EXEC")}
	case 1:
		return [][][]byte{append(bytesOf("EVAL", steerScripts[s.IntN(len(steerScripts))], "1", "k"), line...)}
	}
	return [][][]byte{line}
}

// TestAnswersSteerNoClient lets clients wait for what handlers answer, emit and make of a value that is pushed.
func TestAnswersSteerNoClient(t *testing.T) {
	seed := randtest.Seed(t)
	s := steerer{rand.New(rand.NewPCG(seed, 0))}
	e := newEngine(t)
	errors := 0
	for range 150 {
		e.all("FLUSHALL")
		end, v := s.end(), s.value(s.IntN(4))
		source := fmt.Sprintf(`function onMessage(self, ev)
			if ev.message == "ask" then self.state.who = ev.reply_to return wait(5000) end
			if ev.message == "answer" then self:reply(self.state.who, %s) return "answered" end
			self:emit("e", %s) return "answered"
		end
		function onGet(self, ev) %s end`, v, v, "do "+end+" end")
		if got := e.run("ASO.LOAD", "#!lua name=answers\n"+source); strings.HasPrefix(got, "-ASOCOMPILE") {
			continue
		}
		e.all("ASO.ATTACH k answers")
		for line, by := range map[string]string{"ASO.CALL k ask": "ASO.CALL k answer", "ASO.AWAIT k e": "ASO.CALL k emit", "BLPOP k 0": "RPUSH k x"} {
			w := e.waitIn(2+s.IntN(2), line)
			e.do(by)
			close(w.woken) // its time is over, if nothing came: the value cannot be sent, or looks missing
			<-w.done
			n, err := checkFrames(w.reply.Bytes(), 1)
			if err != nil {
				t.Fatalf("%s: %v in %q\n%s", line, err, w.reply.Bytes(), source)
			}
			errors += n
			e.all("DEL k; ASO.ATTACH k answers")
		}
	}
	if t.Logf("%d errors of handlers", errors); errors < 10 {
		t.Error("the handlers refuse too little")
	}
}

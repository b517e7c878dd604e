package command_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"comet/aso"
)

const signing = `function onMessage(self, ev)
  if ev.message == "check" then return hash.equal(hash.hmac("token", "data"), ev.payload) end
  return hash.hmac("token", ev.payload)
end`

// sealed returns an engine with a key for secrets, and one that signs with the secret token.
func sealed(t *testing.T) *engine {
	e := newEngine(t)
	if err := e.ks.SetSecretKey(bytes.Repeat([]byte{7}, aso.SecretKeySize)); err != nil {
		t.Fatal(err)
	}
	e.attach(signing, "k")
	return e
}

// loadedWith replays the journal, or loads a snapshot, with another key.
func (e *engine) loadedWith(key []byte, fromSnapshot bool) *aso.Keyspace {
	e.t.Helper()
	ks := aso.New(aso.Options{Now: func() int64 { return e.now }})
	if err := ks.SetSecretKey(key); err != nil {
		e.t.Fatal(err)
	}
	l := ks.NewLoader()
	defer l.Close()
	if fromSnapshot {
		if err := e.ks.Snapshot(context.Background(), l.Chunk); err != nil {
			e.t.Fatal(err)
		}
		return ks
	}
	for i, unit := range e.units {
		if err := l.Unit(uint64(i+1), bytes.Clone(unit)); err != nil {
			e.t.Fatal(err)
		}
	}
	return ks
}

func TestSecretsSignAndAreNotShown(t *testing.T) {
	e := sealed(t)
	const plain = "correct-horse-battery"
	mac := hmac.New(sha256.New, []byte(plain))
	mac.Write([]byte("data"))
	want := hex.EncodeToString(mac.Sum(nil))
	failed := func() {
		t.Helper()
		if got := e.do("ASO.CALL k sign data"); !strings.HasSuffix(got, "no secret named 'token'") {
			t.Error(got)
		}
	}
	e.all("CONFIG SET slowlog-log-slower-than 0; ASO.SECRET SET token " + plain)
	failed() // without a grant
	e.all("ASO.GRANT SET h1 SECRET other")
	failed()
	e.all("ASO.GRANT SET h1 SECRET other token")
	e.steps("ASO.CALL k sign data => $64|"+want, "ASO.CALL k check "+want+" => :1", "ASO.CALL k check x => $-1")
	for _, line := range []string{"ASO.SECRET LIST", "SLOWLOG GET 100", "ASO.SHOW k", "ASO.LOG k", "CLIENT LIST", "INFO everything", "ASO.GRANT GET", "ASO.EXPORT", "ACL LOG", "COMMAND DOCS aso.secret|set"} {
		if got := e.do(line); strings.Contains(got, plain) {
			t.Errorf("%s shows the secret: %s", line, got)
		}
	}
	if got := e.do("SLOWLOG GET 100"); !strings.Contains(got, "token|$10|(redacted)") {
		t.Error(got)
	}
	for _, unit := range e.units {
		if bytes.Contains(unit, []byte(plain)) {
			t.Error("the journal has the secret")
		}
	}
	listed := fmt.Sprintf("*1|*10|$4|name|$5|token|$3|set|:%d|$2|by|$7|default|$6|ttl_ms|:-1|$6|usable|:1", e.now)
	e.steps("ASO.SECRET LIST => "+listed, "FLUSHALL => +OK", "ASO.SECRET LIST => "+listed, "ASO.SECRET DEL token => :1", "ASO.SECRET DEL token => :0", "ASO.SECRET LIST => *0")
	e.all("ASO.GRANT DEL h1")
	for line, want := range map[string]string{"ASO.SECRET SET " + strings.Repeat("n", 129) + " v": "-ERR the name", "ASO.SECRET SET n " + strings.Repeat("v", 4097): "-ERR a secret has"} {
		if got := e.do(line); !strings.HasPrefix(got, want) {
			t.Error(got)
		}
	}
}

func TestSecretsSurviveWithTheirKeyOnly(t *testing.T) {
	e := sealed(t)
	e.all("ASO.SECRET SET a one; ASO.SECRET SET gone v; ASO.SECRET SET a two; ASO.SECRET DEL gone; ASO.GRANT SET x SECRET a SEND k:* CHANNEL c KEYS {k}*; ASO.GRANT SET y; ASO.GRANT SET z; ASO.GRANT DEL z")
	grants := fmt.Sprint(len(e.ks.Grants()), *e.ks.Grants()[0])
	for _, fromSnapshot := range []bool{false, true} {
		for key, usable := range map[byte]bool{7: true, 8: false} {
			ks := e.loadedWith(bytes.Repeat([]byte{key}, aso.SecretKeySize), fromSnapshot)
			all := ks.Secrets()
			if len(all) != 1 || all[0].Name != "a" || all[0].Usable() != usable {
				t.Errorf("key %d: %+v", key, all)
			}
			if got := fmt.Sprint(len(ks.Grants()), *ks.Grants()[0]); got != grants || len(ks.Grants()) != 2 {
				t.Errorf("grants %s, want %s", got, grants)
			}
		}
	}
	if got := newEngine(t).do("ASO.SECRET SET a b"); got != "-ERR the server has no key for secrets" {
		t.Error(got)
	}
}

func TestSecretsExpire(t *testing.T) {
	e := sealed(t)
	e.all("ASO.GRANT SET h1 SECRET token")
	const sign = "ASO.CALL k sign data"
	unknown := func() {
		t.Helper()
		if got := e.do(sign); !strings.HasSuffix(got, "no secret named 'token'") {
			t.Error(got)
		}
	}
	e.steps("ASO.SECRET SET token v EX 0 => -ERR invalid expire time in 'aso.secret|set' command", "ASO.SECRET SET token v PXAT 1 => -ERR invalid expire time in 'aso.secret|set' command",
		"ASO.SECRET SET token v EX => -ERR syntax error", "ASO.SECRET SET token v EX 1 PX 2 => -ERR syntax error", "ASO.SECRET SET token v EX x => -ERR value is not an integer or out of range", "ASO.SECRET LIST => *0")
	for _, form := range []string{"EX 2", "PX 2000", "PXAT %d"} {
		end := strings.Replace(form, "%d", fmt.Sprint(e.now+2000), 1)
		e.all("ASO.SECRET SET token v " + end + "; " + sign)
		e.now += 1999
		e.all(sign)
		if left := e.number("ASO.SECRET LIST", "ttl_ms"); left != 1 {
			t.Errorf("%s: %d ms left", end, left)
		}
		for _, fromSnapshot := range []bool{false, true} {
			all := e.loadedWith(bytes.Repeat([]byte{7}, aso.SecretKeySize), fromSnapshot).Secrets()
			if len(all) != 1 || all[0].Until != e.now+1 || !all[0].Usable() {
				t.Errorf("loaded: %+v", all)
			}
		}
		e.now++
		unknown()
		e.steps("ASO.SECRET LIST => *0", "ASO.SECRET DEL token => :0")
	}
	e.all("ASO.SECRET SET token v EX 1")
	now := e.now
	e.now += 1000
	unknown()
	if got := e.do(fmt.Sprintf("ASO.DRYRUN k NOW %d -- %s", now, sign)); !strings.Contains(got, "no secret named") {
		t.Error("a dry run in the past has an expired secret: ", got)
	}
	e.all("ASO.SECRET SET token v; " + sign)
	e.now += 1 << 40
	e.all(sign)
}

func TestGrantsBoundSendingAndPublishing(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev)
  if ev.message == "send" then self:send(ev.payload, "m") else self:publish(ev.payload, "x") end
end`, "k")
	refused := func(line string) {
		t.Helper()
		if got := e.do(line); !strings.Contains(got, "the handler was not granted this: ASO.GRANT SET ") {
			t.Errorf("%s: %s", line, got)
		}
	}
	const send, publish = "ASO.CALL k send ", "ASO.CALL k publish "
	e.all(send + "any; " + publish + "any; ASO.GRANT SET h1 SEND job:* k SECRET SECRET")
	e.all(send + "job:1; " + send + "k; " + publish + "any")
	refused(send + "jobs")
	e.all("CONFIG SET aso-strict-grants yes")
	e.all(send + "job:1")
	refused(publish + "any")
	e.all("ASO.GRANT SET h1 CHANNEL news.* SEND none")
	refused(send + "job:1")
	e.all(publish + "news.x")
	refused(publish + "new")
	e.all("ASO.GRANT DEL h1")
	refused(send + "job:1")
	refused(publish + "news.x")
	e.all("CONFIG SET aso-strict-grants no")
	e.all(send + "job:1; " + publish + "news.x")
	e.steps("ASO.GRANT SET h1 x => -ERR syntax error", "ASO.GRANT SET h1 SEND => -ERR syntax error", "ASO.GRANT SET h1 SEND a SEND b => -ERR syntax error", "ASO.GRANT DEL h1 => :0",
		"ASO.GRANT SET h SEND a CHANNEL b SECRET c d => +OK", "ASO.GRANT GET h => *1|*10|$7|handler|$1|h|$4|send|*1|$1|a|$8|channels|*1|$1|b|$7|secrets|*2|$1|c|$1|d|$4|keys|$-1",
		"ASO.GRANT SET h => +OK", "ASO.GRANT GET h => *1|*10|$7|handler|$1|h|$4|send|$-1|$8|channels|$-1|$7|secrets|$-1|$4|keys|$-1", "ASO.GRANT GET x => *0", "ASO.GRANT GET a b => -ERR syntax error")
}

package sandbox

import (
	lua "github.com/yuin/gopher-lua"
)

// Errors of redis.call that are none of a command.
const (
	errNoCommand = "ERR Please specify at least one argument for this redis lib call"
	errBadWords  = "ERR Lua redis lib command arguments must be strings or integers"
)

func redisCallFn(L *lua.LState) int { return of(L).redisCall(L, true) }

func redisPCallFn(L *lua.LState) int { return of(L).redisCall(L, false) }

// redisCall runs a command. Its error is raised, or returned as {err = text}.
func (w *worker) redisCall(L *lua.LState, raises bool) int {
	if problem := w.commandWords(L); problem != "" {
		return w.failCall(L, problem, raises)
	}
	w.work(4)
	s := &w.env.script
	reply, err := s.Host.Call(w.words, s.resp3)
	if err != nil {
		w.end(err)
	}
	if len(reply) > 0 && reply[0] == '-' {
		return w.failCall(L, string(reply[1:len(reply)-2]), raises)
	}
	w.alloc(len(reply))
	r := replyReader{w: w, L: L, b: reply}
	return push(L, r.value())
}

func (w *worker) failCall(L *lua.LState, text string, raises bool) int {
	if raises {
		w.throw(L, text)
	}
	return push(L, w.errorTable(L, text))
}

// commandWords copies the arguments of redis.call to w.words, whose bytes are valid until the next call.
func (w *worker) commandWords(L *lua.LState) (problem string) {
	n := L.GetTop()
	if n == 0 {
		return errNoCommand
	}
	size := 0
	for i := 1; i <= n; i++ {
		size += textSize(L.Get(i))
	}
	w.alloc(size + 24*n)
	text, words := w.wordBytes[:0], w.words[:0]
	if cap(text) < size {
		text = make([]byte, 0, size)
	}
	for i := 1; i <= n; i++ {
		start := len(text)
		switch v := L.Get(i).(type) {
		case lua.LString:
			text = append(text, v...)
		case lua.LNumber:
			text = appendG(text, float64(v), 17)
		default:
			return errBadWords
		}
		words = append(words, text[start:len(text):len(text)])
	}
	w.words, w.wordBytes = words, text
	return ""
}

// forgetWords gives back what a large command took.
func (w *worker) forgetWords() {
	const keep = 64 << 10
	if cap(w.wordBytes) > keep {
		w.wordBytes = nil
	}
	if cap(w.words) > keep/24 {
		w.words = nil
	}
}

func redisACLCheckFn(L *lua.LState) int {
	w := of(L)
	if problem := w.commandWords(L); problem != "" {
		w.throw(L, problem)
	}
	allowed, known := w.env.script.Host.Allows(w.words)
	if !known {
		w.throw(L, "ERR Invalid command passed to redis.acl_check_cmd()")
	}
	return pushBool(L, allowed)
}

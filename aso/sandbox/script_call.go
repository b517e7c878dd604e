package sandbox

import (
	lua "github.com/yuin/gopher-lua"
)

// Errors of redis.call that are none of a command.
const (
	errNoCommand = "ERR Please specify at least one argument for this redis lib call"
	errBadWords  = "ERR Lua redis lib command arguments must be strings or integers"
)

func redisCallFn(L *lua.LState) int {
	w := of(L)
	return push(L, w.replyValue(L, w.mustCall(L)))
}

func redisPCallFn(L *lua.LState) int {
	w := of(L)
	reply, problem := w.redisCall(L)
	if problem != nil {
		return push(L, problem)
	}
	return push(L, w.replyValue(L, reply))
}

// opCallFn is redis.call as a statement: nobody wants the value of the reply.
func opCallFn(L *lua.LState) int {
	of(L).mustCall(L)
	return 0
}

// mustCall is redisCall that raises the error.
func (w *worker) mustCall(L *lua.LState) (reply []byte) {
	reply, problem := w.redisCall(L)
	if problem != nil {
		L.Error(problem, 0)
	}
	return reply
}

// redisCall runs a command and returns its reply, or its error.
func (w *worker) redisCall(L *lua.LState) (reply []byte, problem *lua.LTable) {
	if text := w.commandWords(L); text != "" {
		return nil, w.errorTable(L, text)
	}
	w.work(4)
	s := &w.env.script
	reply, err := s.Host.Call(w.words, s.resp3)
	if err != nil {
		w.end(err)
	}
	if len(reply) > 0 && reply[0] == '-' {
		return nil, w.countedError(L, string(reply[1:len(reply)-2]))
	}
	w.alloc(len(reply))
	return reply, nil
}

// replyValue makes a Lua value of a reply.
func (w *worker) replyValue(L *lua.LState, reply []byte) lua.LValue {
	w.replies = replyReader{w: w, L: L, b: reply}
	v := w.replies.value()
	w.replies = replyReader{}
	return v
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

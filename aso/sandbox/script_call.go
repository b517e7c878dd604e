package sandbox

import "comet/aso/lua"

// Errors of redis.call that are none of a command.
const (
	errNoCommand = "ERR Please specify at least one argument for this redis lib call"
	errBadWords  = "ERR Lua redis lib command arguments must be strings or integers"
)

func redisCallFn(L *lua.State) int {
	w := of(L)
	reply, problem := w.redisCall(L)
	if problem != nil {
		L.Error(problem.Value(), 0)
	}
	if L.Unwanted() {
		return 0
	}
	L.Push(w.replyValue(L, reply))
	return 1
}

func redisPCallFn(L *lua.State) int {
	w := of(L)
	reply, problem := w.redisCall(L)
	if problem != nil {
		L.Push(problem.Value())
	} else {
		L.Push(w.replyValue(L, reply))
	}
	return 1
}

// redisCall runs a command and returns its reply, or its error.
func (w *worker) redisCall(L *lua.State) (reply []byte, problem *lua.Table) {
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
	w.Charge(len(reply))
	return reply, nil
}

// replyValue makes a Lua value of a reply.
func (w *worker) replyValue(L *lua.State, reply []byte) lua.Value {
	w.replies = replyReader{w: w, L: L, b: reply}
	v := w.replies.value()
	w.replies = replyReader{}
	return v
}

const numberSize = 24 // of its text at most

// commandWords copies the arguments of redis.call to w.words, whose bytes are valid until the next call.
func (w *worker) commandWords(L *lua.State) (problem string) {
	n := L.GetTop()
	if n == 0 {
		return errNoCommand
	}
	size := 0
	for i := 1; i <= n; i++ {
		text, _ := L.Get(i).Text()
		size += max(len(text), numberSize)
	}
	w.Charge(size + 24*n)
	text, words := w.wordBytes[:0], w.words[:0]
	if cap(text) < size {
		text = make([]byte, 0, size)
	}
	for i := 1; i <= n; i++ {
		start := len(text)
		v := L.Get(i)
		if s, ok := v.Text(); ok {
			text = append(text, s...)
		} else if f, ok := v.Number(); ok {
			text = lua.AppendG(text, f, 17)
		} else {
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

func redisACLCheckFn(L *lua.State) int {
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

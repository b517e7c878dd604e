package aso

import (
	"sync"

	"comet/aso/sandbox"
)

// callers are the clients that wait for the answer to a call, by what the answer has to name.
type callers struct {
	mu      sync.Mutex // guards what follows; a leaf, taken under partition locks
	waiting map[string]*Waiter
}

// callMark begins a reply_to that a client waits for. It ends with the process.
const callMark = "c"

// NewCall returns a reply_to for a call whose client may come to wait, until EndCall.
func (ks *Keyspace) NewCall() (replyTo string) {
	replyTo = callMark + randomDigits()
	ks.callers.set(replyTo, nil)
	return replyTo
}

// EndCall lets nobody wait for the answer any more.
func (ks *Keyspace) EndCall(replyTo string) { ks.callers.take(replyTo) }

// AwaitAnswer lets w wait for the answer that names replyTo, until w.Answer gets it.
func (tx *Tx) AwaitAnswer(w *Waiter, replyTo string) {
	w.done, w.call = make(chan struct{}), replyTo
	tx.ks.callers.set(replyTo, w)
}

func (c *callers) set(replyTo string, w *Waiter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		c.waiting = map[string]*Waiter{}
	}
	c.waiting[replyTo] = w
}

// take removes the client that waits for the answer and returns it, nil if there is none.
func (c *callers) take(replyTo string) *Waiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.waiting[replyTo]
	delete(c.waiting, replyTo)
	return w
}

func (c *callers) has(replyTo string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.waiting[replyTo]
	return ok
}

// clientAnswer is an answer to a client. It leaves when the Tx commits.
type clientAnswer struct {
	replyTo string
	v       sandbox.Value
}

// answerClient answers a client when the unit is durable, and reports whether it still waits.
func (tx *Tx) answerClient(replyTo string, v sandbox.Value) bool {
	for _, a := range tx.answers {
		if a.replyTo == replyTo {
			return false
		}
	}
	if !tx.ks.callers.has(replyTo) {
		tx.metrics().Messages.LateAnswers.Add(1)
		return false
	}
	tx.answers = append(tx.answers, clientAnswer{replyTo, v})
	return true
}

// answerClients gives the clients the answers of the units of tx.
func (tx *Tx) answerClients() {
	for _, a := range tx.answers {
		if w := tx.ks.callers.take(a.replyTo); w == nil || !tx.answer(w, "", a.v) {
			tx.metrics().Messages.LateAnswers.Add(1)
		}
	}
}

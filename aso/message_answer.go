package aso

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"comet/aso/sandbox"
)

// A ReplyTo is a text that nobody can guess, so that who has it was given it: "o", random digits, and the key of the object that waits.
const replyDigits = 32

func newReplyTo(key string) string { return "o" + randomDigits() + key }

func randomDigits() string {
	var raw [replyDigits / 2]byte
	_, _ = rand.Read(raw[:]) // never fails
	return hex.EncodeToString(raw[:])
}

// answerWith answers what replyTo names for the object at key, and reports whether the answer is on its way.
func (tx *Tx) answerWith(key, replyTo string, v sandbox.Value, hops int64, cause uint64) (bool, error) {
	if strings.HasPrefix(replyTo, callMark) {
		return tx.answerClient(replyTo, v), nil
	}
	return tx.answerObject(key, replyTo, v, hops, cause)
}

// answerObject sends v from the object at key to the one that waits for an answer to the message with replyTo; false if replyTo is none.
func (tx *Tx) answerObject(key, replyTo string, v sandbox.Value, hops int64, cause uint64) (bool, error) {
	m, ok := answerTo(replyTo)
	if !ok {
		return false, nil
	}
	var err error
	if m.Payload, err = sandbox.AppendPayload(nil, v); err != nil {
		return false, err
	}
	m.From, m.Hops, m.Cause = key, hops, cause
	_, ok, err = tx.Send(m)
	return ok, err
}

// answerTo returns an answer without content.
func answerTo(replyTo string) (Message, bool) {
	rest, ok := strings.CutPrefix(replyTo, "o")
	if !ok || len(rest) < replyDigits {
		return Message{}, false
	}
	return Message{To: rest[replyDigits:], Answers: replyTo}, true
}

// answerFailure tells the sender of m, if it waits for an answer, why there is none.
func (tx *Tx) answerFailure(m *Message, cause error) {
	answer, ok := answerTo(m.ReplyTo)
	if !ok || m.Hops >= tx.ks.maxHops() {
		return
	}
	answer.ID, answer.Due = tx.eventID(), tx.now
	answer.From, answer.Hops, answer.Cause, answer.Failure = m.To, m.Hops+1, m.ID, oneLine(cause.Error())
	answer.Payload, _ = sandbox.AppendPayload(nil, sandbox.Value{})
	tx.enqueue(&answer) // whatever the limits: m has just made room
}

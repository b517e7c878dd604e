package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"

	"comet/aso/lua"
)

var hashFunctions = functions{"sha256": sha256Fn, "hmac": hmacFn, "equal": equalFn}

// sha256Fn returns the digest in hex.
func sha256Fn(L *lua.State) int {
	data := argString(L, 1)
	of(L).work(8 + len(data)>>5)
	of(L).Charge(len(data))
	sum := sha256.Sum256([]byte(data))
	return pushString(L, hex.EncodeToString(sum[:]))
}

// hmacFn returns the HMAC-SHA-256 in hex. The script names the key and never sees it.
func hmacFn(L *lua.State) int {
	w := of(L)
	name, data := argString(L, 1), argString(L, 2)
	w.work(24 + len(data)>>5)
	var key []byte
	ok := false
	if w.env.Secret != nil {
		key, ok = w.env.Secret(name)
	}
	if !ok {
		L.RaiseError("no secret named '%s'", clip(name, 64))
	}
	w.Charge(512 + len(data))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(data))
	return pushString(L, hex.EncodeToString(mac.Sum(nil)))
}

// equalFn compares two strings in time that does not depend on where they differ.
func equalFn(L *lua.State) int {
	a, b := argString(L, 1), argString(L, 2)
	of(L).Charge(len(a) + len(b))
	of(L).work(2 + len(a)>>4)
	return pushBool(L, subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1)
}

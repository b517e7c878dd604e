package aso

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
)

// SecretKeySize is the size of the key that seals secrets, in bytes.
const SecretKeySize = 32

// SetSecretKey sets the key with which secrets are sealed. It is called once, before anything is loaded.
func (ks *Keyspace) SetSecretKey(key []byte) error {
	if len(key) != SecretKeySize {
		return errors.New("the key of secrets has 32 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	ks.sealer, err = cipher.NewGCM(block)
	return err
}

// seal returns a value that only the key opens: a random nonce and the value by AES-256-GCM. It opens under its name only.
func seal(sealer cipher.AEAD, name string, plain []byte) []byte {
	nonce := make([]byte, sealer.NonceSize(), sealer.NonceSize()+len(plain)+sealer.Overhead())
	_, _ = rand.Read(nonce) // it never fails
	return sealer.Seal(nonce, nonce, plain, []byte(name))
}

// unseal is the inverse of seal; ok is false if it was sealed with another key or under another name.
func unseal(sealer cipher.AEAD, name string, sealed []byte) (plain []byte, ok bool) {
	if sealer == nil || len(sealed) < sealer.NonceSize() {
		return nil, false
	}
	n := sealer.NonceSize()
	plain, err := sealer.Open(nil, sealed[:n], sealed[n:], []byte(name))
	return plain, err == nil
}

package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"comet/aso"
)

// secretKeyName is the file in the data directory with the key that seals secrets, if no other is configured.
const secretKeyName = ".secret-key"

// openSecretKey gives the keyspace the key that seals secrets: the configured one, that of the data directory, which is made if need be, or,
// where nothing is kept, one that is forgotten.
func (s *server) openSecretKey() error {
	path := s.config.SecretKey.Load()
	key, err := []byte(nil), error(nil)
	switch {
	case path != "":
		key, err = readSecretKey(path)
	case s.disk.store.Load() == nil:
		key, s.disk.key = newSecretKey()
	default:
		path = filepath.Join(s.config.Dir.Load(), secretKeyName)
		if key, err = readSecretKey(path); errors.Is(err, fs.ErrNotExist) {
			var text string
			key, text = newSecretKey()
			err = writeSecretKey(path, text)
		}
	}
	if err == nil {
		err = s.ks.SetSecretKey(key)
	}
	if err != nil {
		return fmt.Errorf("key of secrets: %w", err)
	}
	return nil
}

func newSecretKey() (key []byte, text string) {
	key = make([]byte, aso.SecretKeySize)
	_, _ = rand.Read(key) // it never fails
	return key, secretKeyText(key)
}

// secretKeyText is what the file of a key holds.
func secretKeyText(key []byte) string { return hex.EncodeToString(key) + "\n" }

// readSecretKey reads a key, which others than the owner of the file must not be able to read.
func readSecretKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s has mode %04o: others can read it (chmod 600)", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != aso.SecretKeySize {
		return nil, fmt.Errorf("%s does not hold 64 hexadecimal digits", path)
	}
	return key, nil
}

// writeSecretKey makes the file of a key as a whole: a start that is cut off leaves none.
func writeSecretKey(path, text string) error {
	file, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

// warnOfSecrets says which secrets the key does not open.
func (s *server) warnOfSecrets() {
	for _, secret := range s.ks.Secrets() {
		if !secret.Usable() {
			s.log.Warn("secret was sealed with another key and cannot be used", "name", secret.Name)
		}
	}
}

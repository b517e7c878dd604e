package command

import (
	"strconv"
	"time"
)

func (c *Call) migration() (m *migration, err error) {
	m = &migration{c: c, keys: c.Args[3:4], retry: true}
	for i := migrateFirstOption; i < len(c.Args); i++ {
		left := len(c.Args) - 1 - i
		switch {
		case c.Is(i, "COPY"):
			m.copy = true
		case c.Is(i, "REPLACE"):
			m.replace = true
		case c.Is(i, "AUTH") && left >= 1:
			m.password = c.Arg(i + 1)
			i++
		case c.Is(i, "AUTH2") && left >= 2:
			m.user, m.password = string(c.Arg(i+1)), c.Arg(i+2)
			i += 2
		case c.Is(i, "KEYS"):
			if len(c.Arg(3)) != 0 {
				return nil, errMigrateKeys
			}
			m.keys = c.Args[i+1:]
			i = len(c.Args)
		default:
			return nil, errSyntax
		}
	}
	timeout, err := c.Int(5)
	if err != nil {
		return nil, err
	}
	db, err := c.Int(4)
	if err != nil {
		return nil, err
	}
	if timeout <= 0 {
		timeout = 1000
	}
	m.timeout, m.db = time.Duration(min(timeout, maxTimeout))*time.Millisecond, strconv.FormatInt(db, 10)
	return m, nil
}

// migrateProof returns how many arguments behind an option prove who asks.
func migrateProof(option []byte) int {
	switch {
	case equalFold(option, "AUTH"):
		return 1
	case equalFold(option, "AUTH2"):
		return 2
	}
	return 0
}

// migrateKeysAt returns where the keys of the option KEYS begin, 0 if it is not given.
func migrateKeysAt(args [][]byte) int {
	for i := migrateFirstOption; i < len(args); i++ {
		if equalFold(args[i], "KEYS") {
			return i + 1
		}
		i += migrateProof(args[i])
	}
	return 0
}

// migrateOneKey returns where the key is that is no option, and migrateManyKeys where those of KEYS begin; 0 is no key.
func migrateOneKey(args [][]byte) int {
	if at := migrateKeysAt(args); at == 0 || at == len(args) {
		return 3
	}
	return 0
}

func migrateManyKeys(args [][]byte) int {
	if at := migrateKeysAt(args); at < len(args) && len(args[3]) == 0 {
		return at
	}
	return 0 // with a key besides it is a mistake, as no keys are
}

// migrateSecret reports whether argument i of MIGRATE is part of what proves who asks.
func migrateSecret(args [][]byte, i int) bool {
	for at := migrateFirstOption; at < i; at++ {
		if equalFold(args[at], "KEYS") {
			return false
		}
		if at += migrateProof(args[at]); at >= i {
			return true
		}
	}
	return false
}

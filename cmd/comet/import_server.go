package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"comet/aso/rdb"
	redis "comet/resp/client"
)

// serverTimeout is how long a running server may take for anything.
const serverTimeout = time.Minute

// remote is a running server.
type remote struct {
	conn    *redis.Conn
	db      uint64
	waiting int // replies that have not come
	bytes   int // sent since
	done    importCounts
	first   error // that the server replied
}

// connectTo connects to a running server, and proves who the client is if there is a password.
func connectTo(ctx context.Context, addr, user, password string) (*remote, error) {
	conn, err := redis.Dial(ctx, addr, serverTimeout)
	if err != nil {
		return nil, err
	}
	words := []string{"PING"}
	switch {
	case user != "":
		words = []string{"AUTH", user, password}
	case password != "":
		words = []string{"AUTH", password}
	}
	if _, err := conn.Do(words...); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%s: %w", addr, err)
	}
	return &remote{conn: conn}, nil
}

// The bounds of what is sent before replies are read.
const (
	mostWaiting = 128
	mostBytes   = 1 << 20
)

func (r *remote) restore(k *rdb.Key, replace bool) error {
	if k.DB != r.db {
		if err := r.sync(); err != nil {
			return err
		}
		if _, err := r.conn.Do("SELECT", strconv.FormatUint(k.DB, 10)); err != nil {
			return fmt.Errorf("key %q is of database %d: %w", k.Name, k.DB, err)
		}
		r.db = k.DB
	}
	words := [][]byte{[]byte("RESTORE"), k.Name, strconv.AppendInt(nil, k.Deadline, 10), k.Payload}
	if k.Deadline != 0 {
		words = append(words, []byte("ABSTTL"))
	}
	if replace {
		words = append(words, []byte("REPLACE"))
	}
	if k.Idle >= 0 {
		words = append(words, []byte("IDLETIME"), strconv.AppendInt(nil, k.Idle, 10))
	} else if k.Freq >= 0 {
		words = append(words, []byte("FREQ"), strconv.AppendInt(nil, int64(k.Freq), 10))
	}
	if err := r.conn.Send(words...); err != nil {
		return err
	}
	r.waiting++
	if r.bytes += len(k.Payload) + len(k.Name); r.waiting < mostWaiting && r.bytes < mostBytes {
		return nil
	}
	return r.sync()
}

// sync reads the replies that are to come. A key that is refused is counted; the first reason is kept.
func (r *remote) sync() error {
	if err := r.conn.Flush(); err != nil {
		return err
	}
	for ; r.waiting > 0; r.waiting-- {
		reply, err := r.conn.Receive()
		if err != nil {
			return err
		}
		switch err := reply.Err(); {
		case err == nil:
			r.done.restored++
		case strings.HasPrefix(err.Error(), "BUSYKEY"):
			r.done.there++
		default:
			r.done.failed++
			if r.first == nil {
				r.first = err
			}
		}
	}
	r.bytes = 0
	return nil
}

func (r *remote) function(source []byte) error {
	if err := r.sync(); err != nil {
		return err
	}
	if _, err := r.conn.Do("FUNCTION", "LOAD", "REPLACE", string(source)); err != nil {
		return fmt.Errorf("library of functions: %w", err)
	}
	return nil
}

func (r *remote) counts() importCounts { return r.done }

// close ends the connection, and returns the first error that the server replied to a key.
func (r *remote) close() error {
	_ = r.conn.Close()
	if r.first != nil {
		return fmt.Errorf("a key was refused: %w", r.first)
	}
	return nil
}

package replica

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"comet/aso"
)

// start is what the master agrees to: to send all data, or to go on behind what has been applied.
type start struct {
	full   bool
	replID string // empty: as before
	offset int64  // that all data show
}

// handshake tells the master who this is, and asks it to go on where the last link ended.
func (t *task) handshake(c *conn) (s start, err error) {
	if err := t.greet(c); err != nil {
		return s, err
	}
	if err := t.introduce(c); err != nil {
		return s, err
	}
	replID, offset := "?", int64(-1)
	if t.at.Phase == aso.Following {
		replID, offset = t.at.ReplID, t.at.Offset+1
	}
	line, err := c.ask("PSYNC", replID, strconv.FormatInt(offset, 10))
	if err != nil {
		return s, err
	}
	return parseStart(line, t.at.Phase == aso.Following)
}

// greet finds out whether a server is there, and proves who this is.
func (t *task) greet(c *conn) error {
	line, err := c.ask("PING")
	switch {
	case err != nil:
		return err
	case line == "+PONG", strings.HasPrefix(line, "-NOAUTH"), strings.HasPrefix(line, "-NOPERM"), strings.HasPrefix(line, "-ERR operation not permitted"):
	default:
		return refused("PING", line)
	}
	password := t.config.MasterAuth.Load()
	if password == "" {
		return nil
	}
	words := []string{"AUTH", password}
	if user := t.config.MasterUser.Load(); user != "" {
		words = []string{"AUTH", user, password}
	}
	line, err = c.ask(words...)
	if err == nil && line[0] == '-' {
		err = refused("AUTH", line)
	}
	return err
}

// introduce tells the master what it shows of its replicas, and what this one can read. Old masters do not know all of it.
func (t *task) introduce(c *conn) error {
	port := t.config.AnnouncePort.Load()
	if port == 0 {
		port = t.config.Port.Load()
	}
	if port == 0 || t.config.TLSReplicate.Load() && t.config.AnnouncePort.Load() == 0 {
		port = t.config.TLSPort.Load()
	}
	asks := [][]string{{"REPLCONF", "listening-port", strconv.FormatInt(port, 10)}}
	if ip := t.config.AnnounceIP.Load(); ip != "" {
		asks = append(asks, []string{"REPLCONF", "ip-address", ip})
	}
	asks = append(asks, []string{"REPLCONF", "capa", "eof", "capa", "psync2"})
	for _, words := range asks {
		line, err := c.ask(words...)
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(line, "-NOAUTH"), strings.HasPrefix(line, "-NOPERM"):
			return refused("REPLCONF "+words[1], line)
		case line[0] == '-':
			t.log.Info("the master does not know an option", "option", words[1], "reply", clip(line))
		}
	}
	return nil
}

// refused is the error for a reply that ends the handshake.
func refused(command, reply string) error {
	return fmt.Errorf("%s: the master replied %q", command, clip(reply))
}

// clip shortens what a master sends for the log.
func clip(text string) string { return text[:min(len(text), 128)] }

const replIDLen = 40

// parseStart reads the reply to PSYNC. asked says that the master may go on.
func parseStart(line string, asked bool) (s start, err error) {
	words := strings.Fields(line)
	switch {
	case len(words) == 3 && words[0] == "+FULLRESYNC" && len(words[1]) == replIDLen:
		s.full, s.replID = true, words[1]
		s.offset, err = strconv.ParseInt(words[2], 10, 64)
		if err != nil || s.offset < 0 {
			return s, refused("PSYNC", line)
		}
		return s, nil
	case asked && len(words) == 1 && words[0] == "+CONTINUE":
		return s, nil
	case asked && len(words) == 2 && words[0] == "+CONTINUE" && len(words[1]) == replIDLen:
		s.replID = words[1]
		return s, nil
	case strings.HasPrefix(line, "-ERR unknown command"):
		return s, &stopError{errors.New("the other server does not know PSYNC: only Redis 4.0 and later can be followed")}
	}
	return s, refused("PSYNC", line)
}

package oracletest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxBulk  = 64 << 20
	maxItems = 1 << 20
)

// ReadFrame reads one RESP2 or RESP3 reply and keeps its type.
func ReadFrame(r *bufio.Reader) (Frame, error) { return readFrame(r, 0) }

func readFrame(r *bufio.Reader, depth int) (Frame, error) {
	if depth > maxDepth {
		return Frame{}, errors.New("reply is nested too deeply")
	}
	line, err := readLine(r)
	if err != nil {
		return Frame{}, err
	}
	if line == "" {
		return Frame{}, errors.New("empty line instead of a reply")
	}
	kind, text := Kind(line[0]), line[1:]
	switch kind {
	case Status, Error, Integer, Double, Boolean, BigNumber:
		return Frame{Kind: kind, Text: text}, nil
	case Null:
		if text != "" {
			return Frame{}, fmt.Errorf("bad null %q", line)
		}
		return Frame{Kind: Null}, nil
	case Bulk, Verbatim:
		return readBulk(r, kind, text)
	case Array, Map, Set, Push:
		return readItems(r, kind, text, depth)
	}
	return Frame{}, fmt.Errorf("unknown reply type %.40q", line)
}

func readBulk(r *bufio.Reader, kind Kind, length string) (Frame, error) {
	if kind == Bulk && length == "-1" {
		return Frame{Kind: NullBulk}, nil
	}
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > maxBulk {
		return Frame{}, fmt.Errorf("bad length %q of a bulk string", length)
	}
	var b strings.Builder
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return Frame{}, fmt.Errorf("read bulk string: %w", err)
	}
	end, err := readLine(r)
	if err != nil || end != "" {
		return Frame{}, fmt.Errorf("bulk string of %d bytes is followed by %.40q (%w)", n, end, err)
	}
	if text := b.String(); kind == Verbatim && (len(text) < 4 || text[3] != ':') {
		return Frame{}, fmt.Errorf("bad verbatim string %.40q", text)
	}
	return Frame{Kind: kind, Text: b.String()}, nil
}

func readItems(r *bufio.Reader, kind Kind, length string, depth int) (Frame, error) {
	if kind == Array && length == "-1" {
		return Frame{Kind: NullArray}, nil
	}
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > maxItems {
		return Frame{}, fmt.Errorf("bad length %q of an aggregate", length)
	}
	if kind == Map {
		n *= 2
	}
	f := Frame{Kind: kind}
	for range n {
		item, err := readFrame(r, depth+1)
		if err != nil {
			return Frame{}, err
		}
		f.Items = append(f.Items, item)
	}
	return f, nil
}

// readLine reads up to CRLF, which must not be a lone LF.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(line, "\r\n") {
		return "", fmt.Errorf("line %.40q does not end with CRLF", line)
	}
	return line[:len(line)-2], nil
}

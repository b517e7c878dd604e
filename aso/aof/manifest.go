package aof

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"comet/aso/rdb"
)

// Files returns the files of the log that name is, in their order: a single file, the folder of a log of Redis 7.0, the folder of data that holds such a folder or a
// file appendonly.aof, or a manifest.
func Files(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return filesIn(name)
	}
	if strings.HasSuffix(name, manifestSuffix) {
		return readManifest(name)
	}
	return []string{name}, nil
}

const (
	manifestSuffix = ".manifest"
	usualFolder    = "appendonlydir"
	usualFile      = "appendonly.aof"
)

func filesIn(folder string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(folder, "*"+manifestSuffix))
	switch {
	case err != nil:
		return nil, err
	case len(found) == 1:
		return readManifest(found[0])
	case len(found) > 1:
		return nil, fmt.Errorf("%s: %d manifests: name the one to use", folder, len(found))
	}
	for _, name := range []string{usualFolder, usualFile} {
		files, err := Files(filepath.Join(folder, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return files, err
		}
	}
	return nil, fmt.Errorf("%s: no manifest, no folder %s and no file %s in it", folder, usualFolder, usualFile)
}

// maxManifest bounds a manifest, in bytes.
const maxManifest = 16 << 20

func readManifest(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxManifest {
		return nil, fmt.Errorf("%s: too large for a manifest", name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	files, err := parseManifest(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i := range files {
		files[i] = filepath.Join(filepath.Dir(name), files[i])
	}
	return files, nil
}

// part is a line of a manifest.
type part struct {
	file string
	seq  uint64
	kind string // b is the base, i an increment, h history, which is to be removed
}

// parseManifest returns the names of the files that a manifest lists: the base if there is one, and the increments in their order.
func parseManifest(text string) (files []string, err error) {
	offset, seq := 0, uint64(0)
	based := false
	for line := range strings.Lines(text) {
		p, reason := parsePart(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"))
		switch {
		case reason != "":
		case p.kind == "b" && based:
			reason = "a second base"
		case p.kind == "b":
			based = true
			files = slices.Insert(files, 0, p.file)
		case p.kind == "i" && p.seq <= seq:
			reason = "increments that are not in the order of their numbers"
		case p.kind == "i":
			seq = p.seq
			files = append(files, p.file)
		}
		if reason != "" {
			return nil, &rdb.FormatError{Offset: int64(offset), Reason: reason}
		}
		offset += len(line)
	}
	if len(files) == 0 {
		return nil, &rdb.FormatError{Offset: int64(offset), Reason: "a manifest that lists no file"}
	}
	return files, nil
}

// parsePart reads a line; reason is what is wrong with it. A comment has no kind.
func parsePart(line string) (p part, reason string) {
	if strings.HasPrefix(line, "#") {
		return p, ""
	}
	words, ok := split(line)
	if !ok || len(words) < 6 || len(words)%2 != 0 {
		return p, "not a line of a manifest"
	}
	for i := 0; i < len(words); i += 2 {
		switch value := words[i+1]; strings.ToLower(words[i]) {
		case "file":
			p.file = value
		case "seq":
			var err error
			if p.seq, err = strconv.ParseUint(value, 10, 63); err != nil {
				return p, "a number of a file that is none"
			}
		case "type":
			p.kind = value
		}
	}
	switch {
	case p.file == "" || p.file != filepath.Base(p.file) || p.file == ".." || p.file == ".":
		return p, "a file that is not in the folder of the manifest"
	case p.kind != "b" && p.kind != "i" && p.kind != "h":
		return p, "an unknown type of file"
	case p.seq == 0:
		return p, "a file without a number"
	}
	return p, ""
}

// split cuts a line into words, of which some may be quoted as in a configuration file.
func split(line string) (words []string, ok bool) {
	for line = strings.TrimLeft(line, " \t"); line != ""; line = strings.TrimLeft(line, " \t") {
		word := line
		if end := strings.IndexAny(line, " \t"); end >= 0 {
			word = line[:end]
		}
		if line[0] == '"' {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, false
			}
			line = line[len(quoted):]
			if word, err = strconv.Unquote(quoted); err != nil {
				return nil, false
			}
		} else {
			line = line[len(word):]
		}
		words = append(words, word)
	}
	return words, true
}

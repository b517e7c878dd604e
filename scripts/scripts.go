// Package scripts is the catalogue of handlers that come with Comet, named std/...; each file says in its header what the handler does,
// which parameters it takes and what it keeps.
package scripts

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.lua
var files embed.FS

// All returns the sources of all handlers, in the order of their file names.
func All() ([][]byte, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("handler catalogue: %w", err)
	}
	var sources [][]byte
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), "_test.lua") {
			continue
		}
		source, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("handler catalogue: %w", err)
		}
		sources = append(sources, source)
	}
	return sources, nil
}

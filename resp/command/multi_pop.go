package command

import (
	"math"

	"comet/aso"
)

const (
	errNumkeys = aso.Error("ERR numkeys should be greater than 0")
	errCount   = aso.Error("ERR count should be greater than 0")
)

// multiPop is what LMPOP, ZMPOP and their blocking forms ask for.
type multiPop struct {
	keys  [][]byte
	last  bool // from the end that the second word names
	count int64
}

// multiPop reads "numkeys key [key ...] FIRST|LAST [COUNT count]" from argument i on, where first and last are the words for the ends.
func (c *Call) multiPop(i int, first, last string) (p multiPop, err error) {
	numkeys, err := c.IntIn(i, 1, math.MaxInt64, errNumkeys)
	if err != nil {
		return p, err
	}
	if numkeys >= int64(len(c.Args)-i-1) {
		return p, errSyntax
	}
	where := i + 1 + int(numkeys)
	p.keys, p.last = c.Args[i+1:where], c.Is(where, last)
	if !p.last && !c.Is(where, first) {
		return p, errSyntax
	}
	p.count, err = c.popCount(where + 1)
	return p, err
}

// popCount reads "[COUNT count]", the last arguments, from argument i on.
func (c *Call) popCount(i int) (int64, error) {
	switch {
	case i == len(c.Args):
		return 1, nil
	case i+1 == len(c.Args) || !c.Is(i, "COUNT"):
		return 0, errSyntax
	}
	n, err := c.IntIn(i+1, 1, math.MaxInt64, errCount)
	if err == nil && i+2 < len(c.Args) {
		err = errSyntax
	}
	return n, err
}

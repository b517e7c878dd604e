package command

import (
	"fmt"
	"math"

	"comet/aso"
)

func errBetween(lo, hi int64) error {
	return aso.Error(fmt.Sprintf("ERR value is out of range, value must between %d and %d", lo, hi))
}

// IntIn returns argument i as an integer from lo to hi; another one is an error with the given text, which may be empty for the usual one.
func (c *Call) IntIn(i int, lo, hi int64, text aso.Error) (int64, error) {
	n, err := c.Int(i)
	switch {
	case err == nil && lo <= n && n <= hi:
		return n, nil
	case text != "":
		return 0, text
	case err != nil:
		return 0, err
	}
	return 0, errBetween(lo, hi)
}

// Natural returns argument i as an integer that is not negative; what is none is an error with the given text.
func (c *Call) Natural(i int, text aso.Error) (int, error) {
	n, err := c.IntIn(i, 0, math.MaxInt64, text)
	return int(n), err
}

// countOption returns the number of the option COUNT, which is all that may follow argument 1; 10 without it.
func (c *Call) countOption(i int) (int, error) {
	switch {
	case len(c.Args) == i:
		return 10, nil
	case len(c.Args) == i+2 && c.Is(i, "COUNT"):
		return c.Natural(i+1, errNotPositive)
	}
	return 0, errSyntax
}

// randomCount returns argument i as the number of random members to reply with. If it is negative they may repeat.
func (c *Call) randomCount(i int) (int, error) {
	n, err := c.IntIn(i, -math.MaxInt64, math.MaxInt64, "")
	return int(n), err
}

package oracletest

import (
	"slices"
	"strings"
)

// Shrink returns a difference with as few commands and arguments as still show one. It returns nil if the difference does not come
// again: then it was chance.
func (d *Differ) Shrink(found *Difference) (*Difference, error) {
	for range 2 {
		again, err := d.Run(found.Proto, found.Steps)
		if again == nil || err != nil {
			return nil, err
		}
		found = again
	}
	for {
		smaller, err := d.smaller(found)
		if err != nil {
			return nil, err
		}
		if smaller == nil {
			return found, nil
		}
		found = smaller
	}
}

// smaller tries to leave out commands, in ever smaller runs, then words.
func (d *Differ) smaller(found *Difference) (*Difference, error) {
	for run := len(found.Steps) / 2; run > 0; run /= 2 {
		for i := len(found.Steps) - run; i >= 0; i-- {
			less, err := d.Run(found.Proto, slices.Delete(slices.Clone(found.Steps), i, i+run))
			if less != nil || err != nil {
				return less, err
			}
		}
	}
	for i, step := range found.Steps {
		if slices.ContainsFunc(step.Words, setsDeadline) {
			continue // a shorter time could make it chance
		}
		for run := len(step.Words) / 2; run > 0; run /= 2 {
			for j := len(step.Words) - run; j > 0; j-- {
				steps := slices.Clone(found.Steps)
				steps[i].Words = slices.Delete(slices.Clone(step.Words), j, j+run)
				less, err := d.Run(found.Proto, steps)
				if err != nil {
					return nil, err
				}
				if less != nil && sameError(less, found) {
					return less, nil
				}
			}
		}
	}
	return nil, nil
}

// sameError keeps words from being left out until another, known difference is all that remains.
func sameError(a, b *Difference) bool {
	return a.About == b.About && a.A.Kind == b.A.Kind && a.B.Kind == b.B.Kind
}

// setsDeadline reports whether a word is a command or an option after which comes a time to live.
func setsDeadline(word string) bool {
	switch word := strings.ToUpper(word); word {
	case "EX", "PX", "EXAT", "PXAT":
		return true
	default:
		return strings.Contains(word, "EXPIRE") || strings.HasSuffix(word, "SETEX")
	}
}

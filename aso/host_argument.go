package aso

import (
	"errors"
	"strconv"

	"comet/aso/sandbox"
)

const shownBytes = 40 // of a text that an error shows

// badArgument says what a method of self, or an option, wants, and what it got instead.
func badArgument(of, wants string, got sandbox.Value) error {
	return errors.New("bad argument: " + of + " wants " + wants + ", got " + described(got))
}

// argument returns the argument of a method from 0, nil if it is not there.
func argument(args []sandbox.Value, i int) sandbox.Value {
	if i >= len(args) {
		return sandbox.Value{}
	}
	return args[i]
}

// described is a value as errors show it.
func described(v sandbox.Value) string {
	switch v.Kind {
	case sandbox.Nil:
		return "nil"
	case sandbox.Bool:
		return strconv.FormatBool(v.True())
	case sandbox.Number:
		text, _ := v.AppendText(nil)
		return string(text)
	case sandbox.String:
		return strconv.Quote(v.Str[:min(len(v.Str), shownBytes)])
	}
	return "a table"
}

// wholeNumber is what an option wants that is a number from low to high.
func wholeNumber(low, high int64) string {
	return "a whole number from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10)
}

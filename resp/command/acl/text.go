package acl

import "strings"

// lower returns text with ASCII letters in lower case; no other ones are equal to each other in Redis.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, text)
}

func equalFold(a, b string) bool { return len(a) == len(b) && lower(a) == lower(b) }

const spaces = " \t\n\v\f\r"

// hasSpace reports whether text could not be written into a line of rules.
func hasSpace(text string) bool { return strings.ContainsAny(text, spaces+"\x00") }

// words returns the words in text, which spaces separate.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(spaces, r) })
}

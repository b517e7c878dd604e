package sandbox

import (
	"fmt"
	"math"
	"strings"

	"comet/aso/lua"
)

// formatFn is string.format, with the conversions of C's printf that Lua 5.1 has.
func formatFn(L *lua.State) int {
	w := of(L)
	f := argString(L, 1)
	w.read(len(f))
	w.Charge(len(f) + 16)
	out := make([]byte, 0, len(f)+16)
	arg := 1
	for i := 0; i < len(f); i++ {
		if f[i] != '%' {
			out = append(out, f[i])
			continue
		}
		i++
		if i < len(f) && f[i] == '%' {
			out = append(out, '%')
			continue
		}
		if arg++; arg > L.GetTop() {
			argError(L, arg, "no value")
		}
		spec, next := parseSpec(L, f, i)
		i = next
		if i >= len(f) {
			L.RaiseError("invalid option '%%' to 'format'")
		}
		w.work(2)
		out = appendFormat(L, out, spec, f[i], arg)
	}
	return pushString(L, string(out))
}

// spec is what stands between % and the conversion.
type spec struct {
	flags     string
	width     string
	precision string
	precise   bool
}

func parseSpec(L *lua.State, f string, i int) (spec, int) {
	var s spec
	start := i
	for i < len(f) && strings.IndexByte("-+ #0", f[i]) >= 0 {
		i++
	}
	s.flags = f[start:i]
	if len(s.flags) > 5 {
		L.RaiseError("invalid format (repeated flags)")
	}
	s.width, i = digits(f, i)
	if i < len(f) && f[i] == '.' {
		s.precise = true
		s.precision, i = digits(f, i+1)
	}
	if i < len(f) && isDigit(f[i]) {
		L.RaiseError("invalid format (width or precision too long)")
	}
	return s, i
}

// digits reads at most two digits.
func digits(f string, i int) (string, int) {
	start := i
	for i < len(f) && i < start+2 && isDigit(f[i]) {
		i++
	}
	return f[start:i], i
}

// verb builds the format of Go's fmt.
func (s spec) verb(conversion string) string {
	p := ""
	if s.precise {
		p = "." + s.precision
		if s.precision == "" {
			p = ".0"
		}
	}
	return "%" + s.flags + s.width + p + conversion
}

func (s spec) without(flags string) spec {
	s.flags = strings.Map(func(r rune) rune {
		if strings.ContainsRune(flags, r) {
			return -1
		}
		return r
	}, s.flags)
	return s
}

func appendFormat(L *lua.State, out []byte, s spec, conversion byte, arg int) []byte {
	switch conversion {
	case 'c':
		return formatChar(L, out, s, argNumber(L, arg))
	case 'd', 'i':
		return formatInt(out, s.without("#"), toInt(argNumber(L, arg)))
	case 'u':
		return formatUint(out, s.without("+ #"), "d", toUint(argNumber(L, arg)))
	case 'o', 'x', 'X':
		return formatUint(out, s.without("+ "), string(conversion), toUint(argNumber(L, arg)))
	case 'e', 'E', 'f', 'g', 'G':
		return formatFloat(L, out, s, conversion, argNumber(L, arg))
	case 'q':
		return quote(L, out, argString(L, arg))
	case 's':
		text := argString(L, arg)
		if s.precise || len(text) < 100 {
			text = beforeNUL(text)
		}
		return formatString(L, out, s, text)
	}
	L.RaiseError("invalid option '%%%c' to 'format'", rune(conversion))
	return out
}

// formatChar writes one character. C takes NUL for the end of the text, so what
// comes after it is lost.
func formatChar(L *lua.State, out []byte, s spec, f float64) []byte {
	c := byte(0)
	if f > -1<<31-1 && f < 1<<31 {
		c = byte(int32(f))
	}
	text := string([]byte{c})
	if c == 0 && strings.Contains(s.flags, "-") {
		return out
	}
	s.precise = false
	out = formatString(L, out, s, text)
	if c == 0 {
		return out[:len(out)-1]
	}
	return out
}

func formatInt(out []byte, s spec, n int64) []byte {
	if s.precise {
		s = s.without("0")
		if n == 0 && (s.precision == "" || s.precision == "0" || s.precision == "00") {
			return fmt.Appendf(out, spec{flags: s.without("+ ").flags, width: s.width}.verb("s"), signOf(s))
		}
	}
	return fmt.Appendf(out, s.leftWins().verb("d"), n)
}

// signOf is what C prints for zero with precision zero.
func signOf(s spec) string {
	switch {
	case strings.Contains(s.flags, "+"):
		return "+"
	case strings.Contains(s.flags, " "):
		return " "
	}
	return ""
}

func formatUint(out []byte, s spec, conversion string, n uint64) []byte {
	if s.precise {
		s = s.without("0")
		if n == 0 && (s.precision == "" || s.precision == "0" || s.precision == "00") {
			text := ""
			if conversion == "o" && strings.Contains(s.flags, "#") {
				text = "0"
			}
			return fmt.Appendf(out, spec{flags: s.without("#").flags, width: s.width}.verb("s"), text)
		}
	}
	if n == 0 {
		s = s.without("#")
	}
	return fmt.Appendf(out, s.leftWins().verb(conversion), n)
}

// leftWins drops the flag 0 where - makes it void.
func (s spec) leftWins() spec {
	if strings.Contains(s.flags, "-") {
		return s.without("0")
	}
	return s
}

func formatFloat(L *lua.State, out []byte, s spec, conversion byte, f float64) []byte {
	of(L).Charge(512)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		text := string(lua.AppendG(nil, math.Abs(f), 6))
		if math.Signbit(f) {
			text = "-" + text
		} else {
			text = signOf(s) + text
		}
		if conversion < 'a' {
			text = strings.ToUpper(text)
		}
		return fmt.Appendf(out, spec{flags: s.without("0+ #").flags, width: s.width}.verb("s"), text)
	}
	if !s.precise {
		s.precise, s.precision = true, "6"
	}
	if (conversion == 'g' || conversion == 'G') && (s.precision == "" || s.precision == "0" || s.precision == "00") {
		s.precision = "1"
	}
	return fmt.Appendf(out, s.leftWins().verb(string(conversion)), f)
}

func formatString(L *lua.State, out []byte, s spec, text string) []byte {
	of(L).Charge(2*len(text) + 128)
	if s.precise {
		n := 0
		for _, c := range []byte(s.precision) {
			n = n*10 + int(c-'0')
		}
		text = clip(text, n)
	}
	pad := 0
	for _, c := range []byte(s.width) {
		pad = pad*10 + int(c-'0')
	}
	pad = max(pad-len(text), 0)
	if strings.Contains(s.flags, "-") {
		return append(append(out, text...), strings.Repeat(" ", pad)...)
	}
	return append(append(out, strings.Repeat(" ", pad)...), text...)
}

// quote writes a string so that Lua reads it back.
func quote(L *lua.State, out []byte, s string) []byte {
	of(L).Charge(4*len(s) + 16)
	of(L).read(4 * len(s))
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, '\\', 'r')
		case 0:
			out = append(out, '\\', '0', '0', '0')
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

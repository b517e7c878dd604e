package value

// maxStars is how many stars with something behind them a string can match, as in Redis, which would go as deep.
const maxStars = 1000

// Match reports whether a glob pattern matches all of a string, with every
// peculiarity of Redis' stringmatchlen: * and ?, [abc], [^a-z], and \ to take
// the next character as it is. With nocase ASCII letters match in either case.
// It takes time proportional to the product of the lengths at worst, because
// it goes back only to the last star.
func Match(pattern, s []byte, nocase bool) bool {
	starP, starS := -1, 0 // pattern behind the last star, and where it stops so far
	p, i, stars := 0, 0, 0
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			for p < len(pattern) && pattern[p] == '*' {
				p++
			}
			if p == len(pattern) {
				return true
			}
			if stars++; stars > maxStars {
				return false
			}
			starP, starS = p, i
			continue
		}
		if p < len(pattern) {
			if next, ok := matchOne(pattern, p, s[i], nocase); ok {
				p, i = next, i+1
				continue
			}
		}
		if starP < 0 {
			return false
		}
		starS++
		p, i = starP, starS
	}
	if len(s) > 0 { // Redis does not match "*" with nothing
		for p < len(pattern) && pattern[p] == '*' {
			p++
		}
	}
	return p == len(pattern)
}

// matchOne matches one character with what the pattern has at p, which is no
// star, and returns where the pattern goes on.
func matchOne(pattern []byte, p int, c byte, nocase bool) (next int, ok bool) {
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, c, nocase)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, fold(pattern[p], nocase) == fold(c, nocase)
}

// matchClass matches a character with the class that starts at p, behind the
// bracket. A class that is not closed ends with the pattern. Characters are
// signed in ranges, as they are for Redis on x86.
func matchClass(pattern []byte, p int, c byte, nocase bool) (next int, ok bool) {
	not := p < len(pattern) && pattern[p] == '^'
	if not {
		p++
	}
	for ; p < len(pattern) && pattern[p] != ']'; p++ {
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			p++
			ok = ok || pattern[p] == c
		case p+2 < len(pattern) && pattern[p+1] == '-':
			lo, hi := int8(pattern[p]), int8(pattern[p+2])
			if lo > hi {
				lo, hi = hi, lo
			}
			lo, hi = int8(fold(byte(lo), nocase)), int8(fold(byte(hi), nocase))
			at := int8(fold(c, nocase))
			ok = ok || lo <= at && at <= hi
			p += 2
		default:
			ok = ok || fold(pattern[p], nocase) == fold(c, nocase)
		}
	}
	return min(p+1, len(pattern)), ok != not
}

// fold makes an ASCII letter lower case if case does not matter.
func fold(c byte, nocase bool) byte {
	if nocase && 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

package command

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"comet/aso/value"
)

// kind is how values of a parameter are written. Texts are those of Redis.
type kind interface {
	// parse returns the value that words stand for; old is the one in force, for kinds that change a part of it.
	parse(words []string, old any) (any, error)
	// format is the inverse.
	format(v any) string
}

var (
	errParamInteger    = paramError("argument couldn't be parsed into an integer")
	errParamOctal      = paramError("argument couldn't be parsed as an octal number")
	errParamMemory     = paramError("argument must be a memory value")
	errParamYesNo      = paramError("argument must be 'yes' or 'no'")
	errPercentiles     = paramError("Invalid latency-tracking-info-percentiles parameters")
	errParamSave       = paramError("Invalid save parameters")
	errPercentileRange = paramError("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
	errLimitCount      = paramError("Wrong number of arguments in buffer limit configuration.")
	errLimitClass      = paramError("Invalid client class specified in buffer limit configuration.")
	errLimitValue      = paramError("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
)

// integerKind is a number from lo to hi.
type integerKind struct{ lo, hi int64 }

func (k integerKind) parse(words []string, _ any) (any, error) {
	n, ok := value.ParseInt([]byte(words[0]))
	if !ok {
		return nil, errParamInteger
	}
	return n, inRange(n, k.lo, k.hi)
}

func (k integerKind) format(v any) string { return strconv.FormatInt(v.(int64), 10) }

func inRange(n, lo, hi int64) error {
	if n < lo || n > hi {
		return paramError(fmt.Sprintf("argument must be between %d and %d inclusive", lo, hi))
	}
	return nil
}

// clampedKind is a number that is brought into its range.
type clampedKind struct{ lo, hi int64 }

func (k clampedKind) parse(words []string, old any) (any, error) {
	n, err := integerKind{0, math.MaxInt32}.parse(words, old)
	if err != nil {
		return nil, err
	}
	return strconv.FormatInt(min(max(n.(int64), k.lo), k.hi), 10), nil
}

func (k clampedKind) format(v any) string { return v.(string) }

// octalKind is a file mode.
type octalKind struct{}

func (octalKind) parse(words []string, _ any) (any, error) {
	n, err := strconv.ParseInt(words[0], 8, 64)
	if err != nil {
		return nil, errParamOctal
	}
	return n, inRange(n, 0, 0o777)
}

func (octalKind) format(v any) string { return strconv.FormatInt(v.(int64), 8) }

// memoryKind is a number of bytes from lo to hi, with a unit.
type memoryKind struct{ lo, hi int64 }

func (k memoryKind) parse(words []string, _ any) (any, error) {
	n, err := parseMemory(words[0])
	if err != nil {
		return nil, err
	}
	return n, inRange(n, k.lo, k.hi)
}

func (k memoryKind) format(v any) string { return strconv.FormatInt(v.(int64), 10) }

// shareKind is a number of bytes, or of percent, which is kept below 0.
type shareKind struct{}

func (shareKind) parse(words []string, _ any) (any, error) {
	if n, err := parseMemory(words[0]); err == nil {
		return n, nil
	}
	digits, isPercent := strings.CutSuffix(words[0], "%")
	n, ok := value.ParseInt([]byte(digits))
	switch {
	case !isPercent || !ok || n < 0:
		return nil, paramError("argument must be a memory or percent value")
	case n > 100:
		return nil, paramError("percentage argument must be less or equal to 100")
	}
	return -n, nil
}

func (shareKind) format(v any) string {
	if n := v.(int64); n < 0 {
		return strconv.FormatInt(-n, 10) + "%"
	}
	return strconv.FormatInt(v.(int64), 10)
}

var memoryUnits = map[string]int64{
	"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1000 * 1000, "mb": 1 << 20, "g": 1000 * 1000 * 1000, "gb": 1 << 30,
}

func parseMemory(text string) (int64, error) {
	digits := text
	if i := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = text[:i]
	}
	unit, ok := memoryUnits[strings.ToLower(text[len(digits):])]
	n, err := strconv.ParseInt("0"+digits, 10, 64) // as Redis, no digits are 0
	if !ok || err != nil || n > math.MaxInt64/unit {
		return 0, errParamMemory
	}
	return n * unit, nil
}

type yesNoKind struct{}

func (yesNoKind) parse(words []string, _ any) (any, error) {
	switch strings.ToLower(words[0]) {
	case "yes":
		return true, nil
	case "no":
		return false, nil
	}
	return nil, errParamYesNo
}

func (yesNoKind) format(v any) string {
	if v.(bool) {
		return "yes"
	}
	return "no"
}

// wordKind is a word out of a list.
type wordKind []string

func (k wordKind) parse(words []string, _ any) (any, error) {
	if word := strings.ToLower(words[0]); slices.Contains(k, word) {
		return word, nil
	}
	return nil, paramError("argument(s) must be one of the following: " + strings.Join(k, ", "))
}

func (k wordKind) format(v any) string { return v.(string) }

// wordsKind is some words out of a list, in the order of that list, of which the first one stands for none, and two exclude each other.
type wordsKind struct {
	words  wordKind
	either [2]string
}

func (k wordsKind) parse(words []string, _ any) (any, error) {
	given := map[string]bool{}
	for _, word := range words {
		if _, err := k.words.parse([]string{word}, nil); err != nil {
			return nil, err
		}
		given[strings.ToLower(word)] = true
	}
	if given[k.either[0]] && given[k.either[1]] {
		return nil, paramError("shutdown options SAVE and NOSAVE can't be used simultaneously")
	}
	return slices.DeleteFunc(slices.Clone([]string(k.words[1:])), func(word string) bool { return !given[word] }), nil
}

func (k wordsKind) format(v any) string {
	if chosen := v.([]string); len(chosen) > 0 {
		return strings.Join(chosen, " ")
	}
	return k.words[0]
}

// textKind is any string.
type textKind struct{}

func (textKind) parse(words []string, _ any) (any, error) { return words[0], nil }
func (textKind) format(v any) string                      { return v.(string) }

// pathKind is a path, kept absolute.
type pathKind struct{}

func (pathKind) parse(words []string, _ any) (any, error) {
	if words[0] == "" {
		return nil, paramError("argument must be a path")
	}
	path, err := filepath.Abs(words[0])
	if err != nil {
		return nil, paramError(err.Error())
	}
	return path, nil
}

func (pathKind) format(v any) string { return v.(string) }

// bindKind is addresses; an empty word alone is none.
type bindKind struct{}

const maxAddresses = 16

func (bindKind) parse(words []string, _ any) (any, error) {
	if len(words) > maxAddresses {
		return nil, paramError("Too many bind addresses specified.")
	}
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return word == "" }), nil
}

func (bindKind) format(v any) string { return strings.Join(v.([]string), " ") }

// masterKind is a host and a port, or nothing; "no one" is nothing, too.
type masterKind struct{}

func (masterKind) parse(words []string, _ any) (any, error) {
	switch {
	case len(words) == 1 && words[0] == "", len(words) == 2 && strings.EqualFold(words[0], "no") && strings.EqualFold(words[1], "one"):
		return []string(nil), nil
	case len(words) != 2:
		return nil, paramError("wrong number of arguments")
	}
	if port, err := strconv.Atoi(words[1]); err != nil || port < 0 || port > math.MaxUint16 {
		return nil, paramError("Invalid master port")
	}
	return slices.Clone(words), nil
}

func (masterKind) format(v any) string { return strings.Join(v.([]string), " ") }

// saveKind is pairs of seconds and changes.
type saveKind struct{}

func (saveKind) parse(words []string, _ any) (any, error) {
	var points []SavePoint
	if len(words) == 1 && words[0] == "" {
		return points, nil
	}
	if len(words)%2 != 0 {
		return nil, errParamSave
	}
	for i := 0; i < len(words); i += 2 {
		seconds, ok := value.ParseInt([]byte(words[i]))
		changes, ok2 := value.ParseInt([]byte(words[i+1]))
		if !ok || !ok2 || seconds < 1 || changes < 0 || seconds > math.MaxInt32 {
			return nil, errParamSave
		}
		points = append(points, SavePoint{seconds, changes})
	}
	return points, nil
}

func (saveKind) format(v any) string {
	var words []string
	for _, p := range v.([]SavePoint) {
		words = append(words, fmt.Sprintf("%d %d", p.Seconds, p.Changes))
	}
	return strings.Join(words, " ")
}

// limitsKind is class, hard limit, soft limit and seconds, for some classes; the others stay.
type limitsKind struct{}

var limitClasses = [len(OutputLimits{})]string{"normal", "slave", "pubsub"}

func (limitsKind) parse(words []string, old any) (any, error) {
	limits := old.(OutputLimits)
	if len(words) == 0 || len(words)%4 != 0 {
		return nil, errLimitCount
	}
	for ; len(words) > 0; words = words[4:] {
		class := limitClass(words[0])
		if class < 0 {
			return nil, errLimitClass
		}
		hard, err1 := parseMemory(words[1])
		soft, err2 := parseMemory(words[2])
		seconds, ok := value.ParseInt([]byte(words[3]))
		if errors.Join(err1, err2) != nil || !ok || seconds < 0 || seconds > math.MaxInt32 {
			return nil, errLimitValue
		}
		limits[class] = OutputLimit{hard, soft, seconds}
	}
	return limits, nil
}

func limitClass(word string) int {
	word = strings.ToLower(word)
	if word == "replica" {
		word = "slave"
	}
	return slices.Index(limitClasses[:], word)
}

func (limitsKind) format(v any) string {
	var words []string
	for class, l := range v.(OutputLimits) {
		words = append(words, fmt.Sprintf("%s %d %d %d", limitClasses[class], l.Hard, l.Soft, l.Seconds))
	}
	return strings.Join(words, " ")
}

// scoresKind is three adjustments of the kernel's score for who is killed when memory is short.
type scoresKind struct{}

func (scoresKind) parse(words []string, _ any) (any, error) {
	const most = 2000
	if len(words) != 3 {
		return nil, paramError("wrong number of arguments")
	}
	var scores []int64
	for _, word := range words {
		n, ok := value.ParseInt([]byte(word))
		if !ok || n < -most || n > most {
			return nil, paramError("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
		}
		scores = append(scores, n)
	}
	return scores, nil
}

func (scoresKind) format(v any) string { return strings.Trim(fmt.Sprint(v.([]int64)), "[]") }

// percentilesKind is percentages.
type percentilesKind struct{}

func (percentilesKind) parse(words []string, _ any) (any, error) {
	percents := []float64{}
	if len(words) == 1 && words[0] == "" {
		return percents, nil
	}
	for _, word := range words {
		p, ok := value.ParseFloat([]byte(word))
		switch {
		case !ok:
			return nil, errPercentiles
		case p < 0 || p > 100:
			return nil, errPercentileRange
		}
		percents = append(percents, p)
	}
	return percents, nil
}

func (percentilesKind) format(v any) string {
	var words []string
	for _, p := range v.([]float64) {
		words = append(words, strconv.FormatFloat(p, 'g', 10, 64))
	}
	return strings.Join(words, " ")
}

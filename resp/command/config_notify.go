package command

import (
	"strings"

	"comet/aso"
)

// notifyLetters are the classes of notify-keyspace-events in the order in which Redis shows them.
var notifyLetters = []struct {
	letter byte
	class  uint32
}{
	{'g', aso.NotifyGeneric},
	{'$', aso.NotifyString},
	{'l', aso.NotifyList},
	{'s', aso.NotifySet},
	{'h', aso.NotifyHash},
	{'z', aso.NotifyZSet},
	{'x', aso.NotifyExpired},
	{'e', aso.NotifyEvicted},
	{'t', aso.NotifyStream},
	{'d', aso.NotifyModule},
	{'n', aso.NotifyNew},
	{'K', aso.NotifyKeyspace},
	{'E', aso.NotifyKeyevent},
	{'m', aso.NotifyKeyMiss},
}

// notifyAll is the classes of the letter A.
const notifyAll = aso.NotifyGeneric | aso.NotifyString | aso.NotifyList | aso.NotifySet | aso.NotifyHash | aso.NotifyZSet |
	aso.NotifyExpired | aso.NotifyEvicted | aso.NotifyStream | aso.NotifyModule

// notifyKind is a set of classes of keyspace notifications, a letter each.
type notifyKind struct{}

func (notifyKind) parse(words []string, _ any) (any, error) {
	var classes uint32
	for i := range len(words[0]) {
		class := notifyClass(words[0][i])
		if class == 0 {
			return nil, paramError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
		}
		classes |= class
	}
	return int64(classes), nil
}

func notifyClass(letter byte) uint32 {
	if letter == 'A' {
		return notifyAll
	}
	for _, l := range notifyLetters {
		if l.letter == letter {
			return l.class
		}
	}
	return 0
}

func (notifyKind) format(v any) string {
	classes := uint32(v.(int64))
	var b strings.Builder
	if classes&notifyAll == notifyAll {
		b.WriteByte('A')
		classes &^= notifyAll | aso.NotifyNew // as in Redis, n is not shown beside A
	}
	for _, l := range notifyLetters {
		if classes&l.class != 0 {
			b.WriteByte(l.letter)
		}
	}
	return b.String()
}

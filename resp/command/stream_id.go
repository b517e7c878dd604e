package command

import (
	"math"

	"comet/aso"
	"comet/aso/value"
)

const (
	errStreamID      = aso.Error("ERR Invalid stream ID specified as stream command argument")
	errIntervalStart = aso.Error("ERR invalid start ID for the interval")
	errIntervalEnd   = aso.Error("ERR invalid end ID for the interval")
)

// streamID returns argument i as the ID of an entry; seq is its number if it names only milliseconds.
func (c *Call) streamID(i int, seq uint64) (value.StreamID, error) {
	return parseID(c.Args[i], seq)
}

func parseID(b []byte, seq uint64) (value.StreamID, error) {
	id, ok := value.ParseStreamID(b, seq)
	if !ok {
		return id, errStreamID
	}
	return id, nil
}

// streamIDs returns the arguments from i on as IDs.
func (c *Call) streamIDs(i int) ([]value.StreamID, error) {
	ids := make([]value.StreamID, len(c.Args)-i)
	for k := range ids {
		var err error
		if ids[k], err = c.streamID(i+k, 0); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// looseID is streamID that also takes "-" and "+" for the least and the greatest ID.
func (c *Call) looseID(i int, seq uint64) (value.StreamID, error) {
	switch string(value.CString(c.Args[i])) {
	case "-":
		return value.StreamID{}, nil
	case "+":
		return value.MaxStreamID, nil
	}
	return c.streamID(i, seq)
}

// bound returns argument i as an end of an interval; excluded tells that "(" stood in front.
func (c *Call) bound(i int, seq uint64) (id value.StreamID, excluded bool, err error) {
	if b := c.Args[i]; len(b) > 1 && b[0] == '(' {
		id, err = parseID(b[1:], seq)
		return id, true, err
	}
	id, err = c.looseID(i, seq)
	return id, false, err
}

// intervalStart returns argument i as the least ID of an interval.
func (c *Call) intervalStart(i int) (value.StreamID, error) {
	id, excluded, err := c.bound(i, 0)
	if err != nil || !excluded {
		return id, err
	}
	id, ok := id.Next()
	if !ok {
		return id, errIntervalStart
	}
	return id, nil
}

// intervalEnd returns argument i as the greatest ID of an interval.
func (c *Call) intervalEnd(i int) (value.StreamID, error) {
	id, excluded, err := c.bound(i, math.MaxUint64)
	if err != nil || !excluded {
		return id, err
	}
	id, ok := id.Prev()
	if !ok {
		return id, errIntervalEnd
	}
	return id, nil
}

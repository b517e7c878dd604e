package command

import "comet/resp/wire"

// replyText appends a text to a map.
func replyText(r *wire.Reply, name, v string) {
	r.BulkString(name)
	r.BulkString(v)
}

// replyInt appends a number to a map.
func replyInt(r *wire.Reply, name string, n int64) {
	r.BulkString(name)
	r.Int(n)
}

// replyTexts appends texts to a map, given as names and values in turn.
func replyTexts(r *wire.Reply, pairs ...string) {
	for _, text := range pairs {
		r.BulkString(text)
	}
}

// replyList replies with an array, to which one adds an element of list each.
func replyList[T any](r *wire.Reply, list []T, one func(r *wire.Reply, v *T)) {
	r.Array(len(list))
	for i := range list {
		one(r, &list[i])
	}
}

// bulkOrNull replies with b if ok, else with null.
func (c *Call) bulkOrNull(b []byte, ok bool) {
	if ok {
		c.Reply.Bulk(b)
	} else {
		c.Reply.Null()
	}
}

// intBool replies with 1 or 0.
func (c *Call) intBool(b bool) {
	if b {
		c.Reply.Int(1)
	} else {
		c.Reply.Int(0)
	}
}

// pairs begins an array of n items, or of n pairs, which RESP2 knows only as 2n items.
func (c *Call) pairs(n int, paired bool) {
	if paired && c.Reply.Protocol() == 2 {
		n *= 2
	}
	c.Reply.Array(n)
}

// pair appends an item of an array that pairs began.
func (c *Call) pair(a, b []byte, paired bool) {
	if paired && c.Reply.Protocol() == 3 {
		c.Reply.Array(2)
	}
	c.Reply.Bulk(a)
	if paired {
		c.Reply.Bulk(b)
	}
}

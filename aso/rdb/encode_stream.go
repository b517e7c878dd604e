package rdb

import "encoding/binary"

// StreamNode is a listpack of entries in the form of Redis, and the ID that those in it are differences to.
type StreamNode struct {
	First ID
	Pack  []byte
}

// StreamGroup is a group of consumers of a stream. Deliveries and Consumers are in the order in which they are written.
type StreamGroup struct {
	Name       []byte
	LastID     ID
	Read       int64 // entries, or EntriesUnknown
	Deliveries []StreamDelivery
	Consumers  []StreamConsumer
}

// StreamDelivery is an entry that a consumer got and did not acknowledge.
type StreamDelivery struct {
	ID    ID
	Time  int64 // Unix milliseconds
	Count int64
}

// StreamConsumer is a consumer, and the entries that it got and did not acknowledge.
type StreamConsumer struct {
	Name    []byte
	Seen    int64 // Unix milliseconds
	Pending []ID
}

// Stream appends a stream of length entries, of which the first is the one with the ID first.
func (e *Encoder) Stream(nodes []StreamNode, length int, first ID, info StreamInfo, groups []StreamGroup) {
	e.typed(typeStream2)
	e.length(uint64(len(nodes)))
	for i := range nodes {
		e.length(16)
		e.rawID(nodes[i].First)
		e.bytes(nodes[i].Pack)
	}
	e.length(uint64(length))
	e.id(info.LastID)
	e.id(first)
	e.id(info.MaxDeleted)
	e.length(info.Added)
	e.length(uint64(len(groups)))
	for i := range groups {
		e.group(&groups[i])
	}
}

func (e *Encoder) id(id ID) {
	e.length(id.Ms)
	e.length(id.Seq)
}

func (e *Encoder) rawID(id ID) {
	e.Buf = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(e.Buf, id.Ms), id.Seq)
}

func (e *Encoder) time(ms int64) { e.Buf = binary.LittleEndian.AppendUint64(e.Buf, uint64(ms)) }

func (e *Encoder) group(g *StreamGroup) {
	e.bytes(g.Name)
	e.id(g.LastID)
	e.length(uint64(g.Read))
	e.length(uint64(len(g.Deliveries)))
	for _, d := range g.Deliveries {
		e.rawID(d.ID)
		e.time(d.Time)
		e.length(uint64(d.Count))
	}
	e.length(uint64(len(g.Consumers)))
	for _, c := range g.Consumers {
		e.bytes(c.Name)
		e.time(c.Seen)
		e.length(uint64(len(c.Pending)))
		for _, id := range c.Pending {
			e.rawID(id)
		}
	}
}

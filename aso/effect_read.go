package aso

import (
	"strconv"
	"strings"
)

// Effect is an effect of a unit, for people: tests and tools show it.
type Effect struct {
	DB     int
	Key    string // of the object; empty where the effect is not about one
	Op     string
	Fields []EffectField
}

// EffectField is a part of an effect that says something to people.
type EffectField struct{ Name, Text string }

type effectForm struct{ op, parts string }

// effectForms says what the effects on objects are called, and what people want to know of them, as "name kind" for each part; a part named - is not
// shown. Parts behind these are skipped. An effect that is not here is shown by its number.
var effectForms = map[byte]effectForm{
	opString:     {"string", "- byte,deadline int,value bytes"},
	opPacked:     {"value", "type kind"},
	opDelete:     {"delete", ""},
	opMove:       {"move", "db uint,to bytes"},
	opDeadline:   {"deadline", "at int"},
	opActive:     {"active", ""},
	opSplice:     {"splice", "offset uint,value bytes"},
	opHashSet:    {"hash set", "field bytes,value bytes"},
	opHashDel:    {"hash delete", "field bytes"},
	opSetAdd:     {"set add", "member bytes"},
	opSetRem:     {"set remove", "member bytes"},
	opZSetPut:    {"zset put", "member bytes,score float"},
	opZSetRem:    {"zset remove", "member bytes"},
	opPushFront:  {"push front", "element bytes"},
	opPushBack:   {"push back", "element bytes"},
	opListSet:    {"list set", "index uint,element bytes"},
	opListInsert: {"list insert", "index uint,element bytes"},
	opListRemove: {"list remove", "index uint,count uint"},
	opDead:       {"dead letter", ""},
	opDeadGone:   {"dead letter gone", "number uint"},
	opStreamAdd:  {"stream add", "id stream"},
	opStreamDel:  {"stream delete", "id stream"},
	opStreamTrim: {"stream trim", "- byte,id stream"},
	opStreamMeta: {"stream", "last stream"},
	opGroupSet:   {"group", "group bytes,last stream"},
	opGroupDel:   {"group delete", "group bytes"},
	opMemberSet:  {"consumer", "group bytes,consumer bytes"},
	opMemberDel:  {"consumer delete", "group bytes,consumer bytes"},
	opDeliver:    {"deliver", "group bytes,consumer bytes,count uint"},
	opStreamAck:  {"acknowledge", "group bytes,count uint"},
	opMessage:    {"message", ""},
	opMessageEnd: {"message gone", "number uint"},
	opTicket:     {"ticket", ""},
	opTicketEnd:  {"ticket gone", ""},
	opFeedEntry:  {"feed entry", ""},
	opFeedMoved:  {"feed entries moved", "number uint"},
}

// commonForms says the same of the effects that are not about one object.
var commonForms = map[byte]effectForm{
	opFlush:  {"flush", ""},
	opSwap:   {"swap", ""},
	opCode:   {"code", ""},
	opRule:   {"rule", "id bytes"},
	opAlias:  {"alias", "name bytes,alias bytes"},
	opDrop:   {"drop", ""},
	opLimit:  {"limit", "name bytes"},
	opSecret: {"secret", "name bytes"},
	opGrant:  {"grant", "handler bytes"},
	opScript: {"script", ""},
	opFeed:   {"feed", "name bytes"},

	opSecretEnd: {"secret_end", "name bytes,until int"},
	opFunctions: {"library", "name bytes"},
	opMaster:    {"master", "host bytes,port uint"},
	opAdvance:   {"advance", "offset int"},
}

// ReadEffects returns the effects of a unit of the journal. An effect that is not about one object is the last one that it reads.
func ReadEffects(unit []byte) (effects []Effect, err error) {
	d := &decoder{buf: unit}
	var nobody Tx
	var at Effect
	for len(d.buf) > 0 && d.err == nil {
		op := d.byte()
		if op == opKey {
			at.DB, at.Key = int(d.uint()), string(d.bytes())
			continue
		}
		e := Effect{DB: at.DB, Key: at.Key, Op: "effect " + strconv.Itoa(int(op))}
		parts := *d
		form, common := commonForms[op]
		if common {
			e.DB, e.Key = 0, ""
		} else if err := nobody.applyTo([]byte(at.Key), op, d, true); err != nil { // only reads
			return effects, err
		}
		known := common
		if !common {
			form, known = effectForms[op]
		}
		if known {
			e.Op, e.Fields = form.op, parts.fields(form.parts)
		}
		effects = append(effects, e)
		if common {
			return effects, parts.err
		}
	}
	return effects, d.err
}

func (d *decoder) fields(parts string) (list []EffectField) {
	for part := range strings.SplitSeq(parts, ",") {
		name, kind, ok := strings.Cut(part, " ")
		if text := d.part(kind); ok && name != "-" {
			list = append(list, EffectField{name, text})
		}
	}
	return list
}

// part reads a part of an effect as text.
func (d *decoder) part(kind string) string {
	switch kind {
	case "byte":
		return strconv.Itoa(int(d.byte()))
	case "kind":
		k := d.byte()
		if int(k) >= len(kindNames) {
			d.fail()
			return ""
		}
		return Kind(k).String()
	case "int":
		return strconv.FormatInt(d.int(), 10)
	case "uint":
		return strconv.FormatUint(d.uint(), 10)
	case "float":
		return strconv.FormatFloat(d.float(), 'g', -1, 64)
	case "stream":
		return string(d.streamID().AppendText(nil))
	case "bytes":
		return string(d.bytes())
	}
	return ""
}

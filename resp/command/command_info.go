package command

import "comet/resp/wire"

// commandAll replies with the properties of all commands.
func commandAll(c *Call) error {
	all := sortedCommands(c.Server.names)
	c.Reply.Array(len(all))
	for _, cmd := range all {
		replyInfo(c.Reply, cmd)
	}
	return nil
}

// commandInfo replies with the properties of the commands named, null for those that are unknown, or of all commands.
func commandInfo(c *Call) error {
	names := c.Args[2:]
	if len(names) == 0 {
		return commandAll(c)
	}
	c.Reply.Array(len(names))
	for _, name := range names {
		if cmd := c.Server.names.named(name); cmd != nil {
			replyInfo(c.Reply, cmd)
		} else {
			c.Reply.Null()
		}
	}
	return nil
}

// replyInfo appends the properties of cmd.
func replyInfo(r *wire.Reply, cmd *Command) {
	r.Array(10)
	r.BulkString(cmd.Name)
	r.Int(int64(cmd.Arity))
	statusSet(r, cmd.Flags)
	r.Int(int64(cmd.First))
	r.Int(int64(cmd.Last))
	r.Int(int64(cmd.Step))
	statusSet(r, cmd.ACL)
	r.Set(len(cmd.Tips))
	for _, tip := range cmd.Tips {
		r.BulkString(tip)
	}
	r.Set(len(cmd.Keys))
	for i := range cmd.Keys {
		replyKeySpec(r, &cmd.Keys[i])
	}
	if len(cmd.Subcommands) == 0 {
		r.Set(0)
		return
	}
	r.Array(len(cmd.Subcommands))
	for _, sub := range sortedCommands(cmd.Subcommands) {
		replyInfo(r, sub)
	}
}

func statusSet(r *wire.Reply, words []string) {
	r.Set(len(words))
	for _, word := range words {
		r.Status(word)
	}
}

// replyKeySpec appends where keys are.
func replyKeySpec(r *wire.Reply, k *KeySpec) {
	if k.Notes == "" {
		r.Map(3)
	} else {
		r.Map(4)
		textPair(r, "notes", k.Notes)
	}
	r.BulkString("flags")
	statusSet(r, k.Flags)
	replyBegin(r, k)
	replyFind(r, k)
}

func replyBegin(r *wire.Reply, k *KeySpec) {
	r.BulkString("begin_search")
	r.Map(2)
	textPair(r, "type", k.Begin.Type)
	r.BulkString("spec")
	switch k.Begin.Type {
	case "index":
		r.Map(1)
		numberPair(r, "index", k.Begin.Index)
	case "keyword":
		r.Map(2)
		textPair(r, "keyword", k.Begin.Keyword)
		numberPair(r, "startfrom", k.Begin.StartFrom)
	default:
		r.Map(0)
	}
}

func replyFind(r *wire.Reply, k *KeySpec) {
	r.BulkString("find_keys")
	r.Map(2)
	textPair(r, "type", k.Find.Type)
	r.BulkString("spec")
	switch k.Find.Type {
	case "range":
		r.Map(3)
		numberPair(r, "lastkey", k.Find.LastKey)
		numberPair(r, "keystep", k.Find.KeyStep)
		numberPair(r, "limit", k.Find.Limit)
	case "keynum":
		r.Map(3)
		numberPair(r, "keynumidx", k.Find.KeyNumIdx)
		numberPair(r, "firstkey", k.Find.FirstKey)
		numberPair(r, "keystep", k.Find.KeyStep)
	default:
		r.Map(0)
	}
}

// text appends a pair of a map.
func textPair(r *wire.Reply, name, value string) {
	r.BulkString(name)
	r.BulkString(value)
}

// number appends a pair of a map.
func numberPair(r *wire.Reply, name string, n int) {
	r.BulkString(name)
	r.Int(int64(n))
}

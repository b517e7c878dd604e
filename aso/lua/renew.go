package lua

// Clear empties a table: nothing is left but its memory, for RenewTable.
func (t *Table) Clear() {
	t.array, t.nodes = t.array[:cap(t.array)], t.nodes[:cap(t.nodes)]
	clear(t.array)
	clear(t.nodes)
	t.Meta, t.View, t.Access, t.free = nil, nil, Plain, len(t.nodes)
}

// RenewTable is NewTable in the memory of t, a cleared table that nobody uses any more, if that is enough. t may be nil.
func (L *State) RenewTable(t *Table, items, fields int) *Table {
	nodes := 0
	if fields > 0 {
		nodes = nodesFor(fields)
	}
	if t == nil || cap(t.array) < items || cap(t.nodes) < nodes {
		return L.NewTable(items, fields)
	}
	L.Owner.Charge(tableBytes)
	L.chargeTable(items, fields)
	t.array, t.nodes, t.free = t.array[:items], t.nodes[:nodes], nodes
	t.id = L.nextID()
	return t
}

// Room returns how many items and fields a table has room for.
func (t *Table) Room() (items, fields int) { return cap(t.array), cap(t.nodes) }

package command

// laterSpecs are subcommands of later versions of Redis that clients send without asking for the version.
var laterSpecs = []Spec{
	{Name: "client|setinfo", Arity: 4, Flags: []string{"noscript", "loading", "stale"}, ACL: []string{"@slow", "@connection"}, Since: "7.2.0", Group: "connection"},
	{Name: "client|no-touch", Arity: 3, Flags: []string{"noscript", "loading", "stale"}, ACL: []string{"@slow", "@connection"}, Since: "7.2.0", Group: "connection"},
}

// addLater adds the subcommands of laterSpecs to their containers, and takes what they do from impls.
func (t table) addLater(impls map[string]implementation) {
	for i := range laterSpecs {
		parent := t["client"]
		sub := newCommand(&laterSpecs[i], parent, impls)
		if parent == nil || sub == nil {
			continue
		}
		if parent.later == nil {
			parent.later = map[string]*Command{}
		}
		parent.later[sub.subname()] = sub
	}
}

package command

import (
	"slices"
	"strings"

	"comet/resp/command/acl"
)

// aclCategories are the categories of commands, in the order in which ACL CAT lists them: those of Redis 7.0 and ours.
var aclCategories = []acl.Category{
	{Name: "keyspace"},
	{Name: "read"},
	{Name: "write"},
	{Name: "set"},
	{Name: "sortedset"},
	{Name: "list"},
	{Name: "hash"},
	{Name: "string"},
	{Name: "bitmap"},
	{Name: "hyperloglog"},
	{Name: "geo"},
	{Name: "stream"},
	{Name: "pubsub"},
	{Name: "admin"},
	{Name: "fast"},
	{Name: "slow"},
	{Name: "blocking"},
	{Name: "dangerous"},
	{Name: "connection"},
	{Name: "transaction"},
	{Name: "scripting"},
	{Name: "aso", Own: true},
	{Name: "asoadmin", Own: true},
}

// aclTable returns what ACL rules can name: all commands with a specification, also those of Redis that are not there, so that its rules
// and files are understood and mean the same.
func aclTable(specs []Spec) (*acl.Table, error) {
	defs := make([]acl.Definition, 0, len(specs))
	for i := range specs {
		def := aclDefinition(&specs[i])
		for j := range laterSpecs {
			if container, _, _ := strings.Cut(laterSpecs[j].Name, "|"); container == def.Name {
				def.Subcommands = append(def.Subcommands, aclDefinition(&laterSpecs[j]))
			}
		}
		defs = append(defs, def)
	}
	return acl.NewTable(aclCategories, defs)
}

func aclDefinition(spec *Spec) acl.Definition {
	def := acl.Definition{Name: spec.Name, Own: !spec.recorded}
	for _, category := range spec.ACL {
		def.Categories = append(def.Categories, strings.TrimPrefix(category, "@"))
	}
	for i := range spec.Subcommands {
		def.Subcommands = append(def.Subcommands, aclDefinition(&spec.Subcommands[i]))
	}
	return def
}

// keyAccess returns what a command does to the keys that each of its specifications names.
func keyAccess(specs []KeySpec) []acl.Access {
	access := make([]acl.Access, len(specs))
	for i := range specs {
		access[i] = accessOf(specs[i].Flags)
	}
	return access
}

func accessOf(flags []string) (access acl.Access) {
	if slices.Contains(flags, "access") {
		access |= acl.Read
	}
	for _, flag := range []string{"insert", "delete", "update"} {
		if slices.Contains(flags, flag) {
			access |= acl.Write
		}
	}
	return access
}

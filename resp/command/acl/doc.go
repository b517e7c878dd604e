// Package acl is the model of access control lists: users, their passwords and selectors, the rules that change them, and the question
// whether a user may run a command. It knows the names of commands and their categories, and does no I/O.
//
// Rules, their effects and how they are written back are those of Redis 7.0. A User that others can see is never changed: whoever changes
// one clones it, applies rules and puts the clone in its place.
package acl

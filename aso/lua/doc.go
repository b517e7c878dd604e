// Package lua runs Lua 5.1 under a budget. gopher-lua's parser makes the tree of a source, after the grammar here has accepted it; the
// compiler, the interpreter and its tables are here, too.
//
// A State is one interpreter, whose stack grows within bounds. Each instruction is taken from its Budget, and memory is charged to its Owner before it is
// allocated; either ends the run with a panic that no Lua code catches. Tables have the layout of PUC Lua 5.1, so that next, pairs and # answer
// as they do in Redis.
package lua

// Package sandbox runs the Lua handlers of untrusted tenants.
//
// Compile turns a source into a Program, which is immutable and shared by all
// objects and goroutines. Pool.Run runs one handler of a Program on a pooled
// worker; a worker is one interpreter and belongs to one goroutine at a time.
// An object owns nothing here but the bytes of its state.
//
// A run is bounded by Limits. Instructions and bytes are counted, and the same
// run is charged the same amounts on every machine; run time is only a backstop.
// A broken limit ends the run with a *LimitError that no Lua code can catch.
//
// Three things will bite:
//   - Host methods run inside the Lua call stack, on the caller's goroutine. They
//     must not call back into the same Run and must not keep the arguments.
//   - A run that fails leaves no trace here, but what Host.Call already did is
//     the host's to undo.
//   - Tables that a script must not write are marked (lua.Access). A new library
//     function asks L.Writable before it writes a table that it was given.
package sandbox

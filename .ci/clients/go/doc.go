// Package clients checks that Go's Redis client libraries, and what is built on them, work with a running server, with nothing but plain
// commands. The server's address is in the environment variable CLIENTS_ADDR; all its data is deleted.
package clients

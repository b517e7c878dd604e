// Package aof reads what Redis appends to its append-only files: the single file of versions up to 6, with an RDB part at its beginning or without,
// and the folder of Redis 7.0 with its manifest.
//
// Bytes that are read are not trusted: memory grows with what has been read and not with what lengths claim, and what is wrong is a
// [rdb.FormatError] with its place.
package aof

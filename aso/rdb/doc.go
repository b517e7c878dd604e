// Package rdb reads and writes Redis' RDB format: the files dump.rdb of versions 6 to 11 with all types and encodings, and the payloads of DUMP and
// RESTORE. It writes version 10, that of Redis 7.0.
//
// Bytes that are read are not trusted: memory grows with what has been read and not with what lengths claim, and what is wrong is a [FormatError]
// with its place.
package rdb

package rdb

import "hash/crc64"

// jones is the reflected polynomial of Jones.
var jones = crc64.MakeTable(0x95ac9329ac4bc9b5)

// checksum continues a CRC-64 with p. Unlike that of package crc64, Redis' is inverted neither at the start nor at the end.
func checksum(crc uint64, p []byte) uint64 { return ^crc64.Update(^crc, jones, p) }

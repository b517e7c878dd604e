package aso

import "bytes"

// Slots is the number of hash slots, as in Redis Cluster.
const Slots = 16384

// Slot returns the hash slot of key: CRC16 (XMODEM) modulo Slots. If key holds a non-empty {tag}, only the tag counts, so that keys
// with the same tag share a slot. Source: Redis Cluster specification.
func Slot(key []byte) uint16 {
	if open := bytes.IndexByte(key, '{'); open >= 0 {
		if n := bytes.IndexByte(key[open+1:], '}'); n > 0 {
			key = key[open+1 : open+1+n]
		}
	}
	var crc uint16
	t := &crcTables
	for ; len(key) >= len(t); key = key[len(t):] {
		b := key[:len(t)]
		crc = t[7][b[0]^byte(crc>>8)] ^ t[6][b[1]^byte(crc)] ^ t[5][b[2]] ^ t[4][b[3]] ^ t[3][b[4]] ^ t[2][b[5]] ^ t[1][b[6]] ^ t[0][b[7]]
	}
	for _, b := range key {
		crc = crc<<8 ^ t[0][byte(crc>>8)^b]
	}
	return crc & (Slots - 1)
}

// crcTables are what a byte adds to the CRC when so many bytes follow it, so that eight bytes do not wait for each other.
var crcTables = makeCRCTables()

func makeCRCTables() (tables [8][256]uint16) {
	const polynomial = 0x1021
	for i := range tables[0] {
		crc := uint16(i) << 8
		for n := range tables {
			for range 8 {
				if crc&0x8000 != 0 {
					crc = crc<<1 ^ polynomial
				} else {
					crc <<= 1
				}
			}
			tables[n][i] = crc
		}
	}
	return tables
}

package sandbox

import (
	"encoding/hex"

	"comet/aso/lua"
)

func nowFn(L *lua.State) int { return pushNumber(L, float64(of(L).env.Now)) }

// random returns the next number of the run's generator, which Run.Seed starts.
func (w *worker) random() uint64 {
	if !w.env.seeded {
		w.seedRandom(w.env.Seed)
	}
	return w.env.pcg.Uint64()
}

func (w *worker) seedRandom(seed uint64) {
	w.env.pcg.Seed(seed, 0x9e3779b97f4a7c15)
	w.env.seeded = true
}

// uniform returns a number in [0, 1).
func (w *worker) uniform() float64 { return float64(w.random()>>11) / (1 << 53) }

// uuidFn makes a version 4 UUID from the run's generator.
func uuidFn(L *lua.State) int {
	w := of(L)
	w.work(4)
	a, b := w.random(), w.random()
	a = a&^0xf000 | 0x4000
	b = b&^(3<<62) | 2<<62
	var raw [16]byte
	for i := range 8 {
		raw[i] = byte(a >> (56 - 8*i))
		raw[8+i] = byte(b >> (56 - 8*i))
	}
	var out [36]byte
	hex.Encode(out[0:8], raw[0:4])
	hex.Encode(out[9:13], raw[4:6])
	hex.Encode(out[14:18], raw[6:8])
	hex.Encode(out[19:23], raw[8:10])
	hex.Encode(out[24:36], raw[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return pushString(L, string(out[:]))
}

// Runs ../script.json through one connection of a client library.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const script = JSON.parse(readFileSync(new URL('../script.json', import.meta.url)))

export const [host, port] = address()
export const active = process.env.CLIENTS_ACTIVE === '1'

function address() {
  const addr = process.env.CLIENTS_ADDR
  if (!addr) throw new Error('CLIENTS_ADDR is not set: run .ci/clients/run, or name a server whose data may be deleted')
  const at = addr.lastIndexOf(':')
  return [addr.slice(0, at), Number(addr.slice(at + 1))]
}

// runScript sends every step; send takes the words of a command and returns a promise of the reply.
export async function runScript(send) {
  await send(['FLUSHALL'])
  for (const step of script.steps) {
    let got
    try {
      got = await send(step.do)
    } catch (err) {
      got = err
    }
    check(step.do.join(' '), step.want, got)
  }
}

function check(what, want, got) {
  if (want !== null && want.error !== undefined) {
    assert.ok(got instanceof Error && got.message.startsWith(want.error), `${what}: got ${got}, want an error ${want.error}`)
    return
  }
  if (got instanceof Error) throw new Error(`${what}: ${got.message}`)
  if (want !== null && want.any !== undefined) return
  let have = flatten(got)
  if (want !== null && want.set !== undefined) {
    want = [...want.set].sort()
    have = have.map(String).sort()
  } else if (want !== null && want.pairs !== undefined) {
    want = want.pairs
    have = have.flat()
  }
  assert.ok(same(want, have), `${what}: got ${JSON.stringify(have)}, want ${JSON.stringify(want)}`)
}

// flatten returns v with maps as arrays of keys and values.
function flatten(v) {
  if (v === null || typeof v !== 'object') return v
  if (Array.isArray(v)) return v.map(flatten)
  if (v instanceof Set) return [...v].map(flatten)
  const entries = v instanceof Map ? [...v.entries()] : Object.entries(v)
  return entries.flatMap(([key, value]) => [key, flatten(value)])
}

// same reports whether have equals want; a number may come as a string, as in RESP2.
function same(want, have) {
  if (want === null) return have === null
  if (typeof want === 'number') return have !== null && Number(have) === want
  if (typeof want === 'string') return String(have) === want
  return Array.isArray(have) && have.length === want.length && want.every((w, i) => same(w, have[i]))
}

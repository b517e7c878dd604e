import assert from 'node:assert/strict'
import test from 'node:test'
import Redis from 'ioredis'
import Redlock from 'redlock'
import { host, port } from './script.mjs'
import { eventually } from './server.mjs'

// locked runs check with an empty server.
async function locked(check) {
  const c = new Redis({ host, port })
  await c.flushall()
  try { await check(c) } finally { c.disconnect() }
}

test('redlock: one holder at a time', () => locked(async c => {
  const redlock = new Redlock([c], { retryCount: 200, retryDelay: 5, retryJitter: 5 })
  let inside = 0, most = 0, entered = 0
  await Promise.all(Array.from({ length: 20 }, async () => {
    const lock = await redlock.lock('door', 5000)
    most = Math.max(most, ++inside)
    await c.incr('entered')
    entered++
    inside--
    await lock.unlock()
  }))
  assert.equal(most, 1)
  assert.equal(entered, 20)
  assert.equal(await c.get('entered'), '20')
  assert.equal(await c.exists('door'), 0)
}))

test('redlock: refused, extended, expired, and never taken from another', () => locked(async c => {
  const redlock = new Redlock([c], { retryCount: 0 })
  const lock = await redlock.lock('door', 5000)
  await assert.rejects(redlock.lock('door', 200))
  await assert.rejects(redlock.lock(['window', 'door'], 200))
  assert.equal(await c.exists('window'), 0, 'what could not be locked whole is not locked in part')
  await lock.extend(60_000)
  assert.ok(await c.pttl('door') > 5000)
  await lock.extend(100)
  await eventually('it does not expire', async () => !(await c.exists('door')))
  const other = await redlock.lock('door', 5000)
  await lock.unlock().catch(() => {})
  assert.equal(await c.get('door'), other.value)
  await other.unlock()
  assert.equal(await c.exists('door'), 0)
}))

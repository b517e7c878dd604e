import assert from 'node:assert/strict'
import test from 'node:test'
import Redis from 'ioredis'
import { createClient } from 'redis'
import { BurstyRateLimiter, RateLimiterQueue, RateLimiterRedis } from 'rate-limiter-flexible'
import { host, port } from './script.mjs'

// limited runs check with an empty server, through each of the libraries that the limiter takes.
function limited(name, check) {
  test(`rate-limiter-flexible on ioredis: ${name}`, async () => {
    const storeClient = new Redis({ host, port })
    await storeClient.flushall()
    try { await check({ storeClient }) } finally { storeClient.disconnect() }
  })
  test(`rate-limiter-flexible on node-redis: ${name}`, async () => {
    const storeClient = await createClient({ socket: { host, port } }).connect()
    await storeClient.flushAll()
    try { await check({ storeClient, useRedisPackage: true }) } finally { storeClient.destroy() }
  })
}

limited('points, penalties and rewards', async client => {
  const limiter = new RateLimiterRedis({ ...client, points: 3, duration: 10, keyPrefix: 'p' })
  const first = await limiter.consume('u')
  assert.equal(first.remainingPoints, 2)
  assert.ok(first.msBeforeNext > 8000 && first.msBeforeNext <= 10_000, `${first.msBeforeNext} ms`)
  await limiter.penalty('u')
  await limiter.reward('u')
  await limiter.consume('u', 2)
  await assert.rejects(limiter.consume('u'), refused => refused.remainingPoints === 0 && refused.consumedPoints === 4)
  assert.equal((await limiter.get('u')).consumedPoints, 4)
  assert.equal(await limiter.get('other'), null)
  assert.equal(await limiter.delete('u'), true)
  assert.equal((await limiter.consume('u')).remainingPoints, 2)
})

limited('fifty at once get exactly the points there are', async client => {
  const limiter = new RateLimiterRedis({ ...client, points: 20, duration: 10 })
  const tried = await Promise.allSettled(Array.from({ length: 50 }, () => limiter.consume('u')))
  assert.equal(tried.filter(one => one.status === 'fulfilled').length, 20)
})

limited('blocks, and lets in again when the time is over', async client => {
  const limiter = new RateLimiterRedis({ ...client, points: 1, duration: 10, blockDuration: 1 })
  await limiter.consume('u')
  await assert.rejects(limiter.consume('u'), refused => refused.msBeforeNext > 500)
  await new Promise(resolve => setTimeout(resolve, 1100))
  assert.equal((await limiter.consume('u')).consumedPoints, 1)
})

limited('bursts and a queue', async client => {
  const bursty = new BurstyRateLimiter(
    new RateLimiterRedis({ ...client, points: 1, duration: 10, keyPrefix: 'even' }),
    new RateLimiterRedis({ ...client, points: 2, duration: 10, keyPrefix: 'burst' }),
  )
  for (let i = 0; i < 3; i++) await bursty.consume('u')
  await assert.rejects(bursty.consume('u'))
  const queue = new RateLimiterQueue(new RateLimiterRedis({ ...client, points: 2, duration: 1, keyPrefix: 'queue' }))
  const began = Date.now()
  await Promise.all([1, 2, 3].map(() => queue.removeTokens(1)))
  assert.ok(Date.now() - began > 500, 'the third had to wait')
})

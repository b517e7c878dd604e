import assert from 'node:assert/strict'
import test from 'node:test'
import Redis from 'ioredis'
import resque from 'node-resque'
import { eventually, withServer } from './server.mjs'

const { Plugins, Queue, Scheduler, Worker } = resque

// Resque's keys, its scheduler, and one script that takes a job and notes who has it.
test('node-resque: jobs, delays, locks, retries, failures, through kill -9', async () => withServer(async server => {
  // Each has a connection of its own: the scheduler's WATCH does not tell what else came on its connection, and would delete a retry with its date.
  const clients = []
  const connection = () => {
    const redis = new Redis({ host: server.host, port: server.port, maxRetriesPerRequest: null, retryStrategy: () => 50 })
    redis.on('error', () => {})
    clients.push(redis)
    return { redis }
  }
  const ran = []
  let gate = false
  const jobs = {
    add: { perform: async (x, y) => { ran.push(x + y); return x + y } },
    once: { plugins: [Plugins.QueueLock], perform: async n => { ran.push(n) } },
    flaky: { plugins: [Plugins.Retry], pluginOptions: { Retry: { retryLimit: 3, retryDelay: 10 } }, perform: async () => { ran.push('try'); if (ran.filter(one => one === 'try').length < 3) throw new Error('not yet') } },
    hopeless: { perform: async () => { throw new Error('no use') } },
    gated: { perform: async n => { ran.push(`begun ${n}`); await eventually('the gate', () => gate); ran.push(`done ${n}`) } },
  }
  const queue = new Queue({ connection: connection() }, jobs)
  queue.on('error', () => {})
  await queue.connect()
  for (let n = 0; n < 20; n++) await queue.enqueue('math', 'add', [n, n])
  assert.equal(await queue.enqueue('math', 'once', ['once']), true)
  assert.equal(await queue.enqueue('math', 'once', ['once']), false)
  await queue.enqueue('math', 'flaky', [])
  await queue.enqueue('math', 'hopeless', [])
  await queue.enqueueIn(1000, 'math', 'add', [100, 100])
  await queue.enqueueIn(3_600_000, 'math', 'add', [200, 200])
  await queue.enqueueIn(3_600_000, 'math', 'add', [300, 300])
  const moments = (await queue.timestamps()).length // 2, or 3 when a second ended between the last two: that of a job that is deleted stays
  assert.equal((await queue.delDelayed('math', 'add', [300, 300])).length, 1)
  assert.deepEqual(await queue.scheduledAt('math', 'add', [300, 300]), [])
  await server.restart()
  assert.equal(await queue.length('math'), 23)
  assert.equal((await queue.timestamps()).length, moments)

  const scheduler = new Scheduler({ connection: connection(), timeout: 100 })
  const worker = new Worker({ connection: connection(), queues: ['math'], timeout: 20 }, jobs)
  for (const one of [scheduler, worker]) {
    one.on('error', () => {})
    await one.connect()
    one.start()
  }
  const wanted = [...Array.from({ length: 20 }, (_, n) => 2 * n), 'once', 'try', 'try', 'try', 200]
  await eventually('not all jobs ran', () => ran.length === wanted.length)
  assert.deepEqual(ran.map(String).sort(), wanted.map(String).sort())
  assert.deepEqual(ran.slice(0, 21), [...Array.from({ length: 20 }, (_, n) => 2 * n), 'once'])
  const [failed] = await eventually('nothing has failed', async () => (await queue.failedCount()) === 1 && queue.failed(0, 0))
  assert.equal(failed.error, 'no use')
  await queue.removeFailed(failed)
  assert.equal(await queue.failedCount(), 0)

  for (let n = 0; n < 3; n++) await queue.enqueue('math', 'gated', [n])
  await eventually('no job runs', () => ran.includes('begun 0'))
  const working = Object.values(await queue.allWorkingOn())
  assert.equal(working[0].payload.class, 'gated')
  await server.restart()
  gate = true
  await eventually('not all jobs ran', () => ran.includes('done 2'))
  await eventually('a moment that has passed is kept', async () => (await queue.timestamps()).length === moments - 1)
  assert.ok((await queue.stats()).processed >= 25)
  await worker.end()
  await scheduler.end()
  await queue.end()
  for (const redis of clients) redis.disconnect()
}))

import assert from 'node:assert/strict'
import test from 'node:test'
import { FlowProducer, Queue, QueueEvents, Worker } from 'bullmq'
import Redis from 'ioredis'
import { host, port } from './script.mjs'
import { eventually, withServer } from './server.mjs'

// queues runs check with a maker of queues, workers and watchers, and closes them.
async function queues(at, check) {
  const made = []
  const make = (Kind, ...args) => {
    const options = typeof args.at(-1) === 'object' ? args.pop() : {}
    const one = new Kind(...args, { connection: { ...at, maxRetriesPerRequest: null }, ...options })
    one.on('error', () => {}) // while the server is away
    made.push(one)
    return one
  }
  try {
    await check(make)
  } finally {
    for (const one of made.reverse()) await one.close()
  }
}

// emptied gives the server of the other checks, without data.
async function emptied() {
  const c = new Redis({ host, port })
  await c.flushall()
  c.disconnect()
  return { host, port }
}

test('bullmq: jobs, results, priorities and delays', async () => queues(await emptied(), async make => {
  const queue = make(Queue, 'work')
  await queue.addBulk([
    { name: 'low', data: { n: 1 }, opts: { priority: 10 } },
    { name: 'high', data: { n: 2 }, opts: { priority: 1 } },
    { name: 'first', data: { n: 3 } },
    { name: 'later', data: { n: 4 }, opts: { delay: 300 } },
  ])
  assert.deepEqual(await queue.getJobCounts('waiting', 'prioritized', 'delayed'), { waiting: 1, prioritized: 2, delayed: 1 })
  const events = make(QueueEvents, 'work')
  await events.waitUntilReady()
  const last = (await queue.getDelayed())[0]
  const order = []
  make(Worker, 'work', async job => { order.push(job.name); await job.updateProgress(50); return job.data.n * 2 })
  assert.equal(await last.waitUntilFinished(events, 60_000), 8)
  const later = await queue.getJob(last.id)
  assert.ok(later.processedOn >= later.timestamp + 300, `delayed by ${later.processedOn - later.timestamp} ms`)
  await eventually('not all are completed', async () => (await queue.getCompletedCount()) === 4)
  assert.deepEqual(order.filter(name => name !== 'later'), ['first', 'high', 'low']) // the delay may be over before the worker comes to them
  assert.deepEqual(await queue.getJobCounts('completed', 'failed', 'delayed'), { completed: 4, failed: 0, delayed: 0 })
}))

test('bullmq: retries with backoff, and failures that stay', async () => queues(await emptied(), async make => {
  const queue = make(Queue, 'work')
  const events = make(QueueEvents, 'work')
  await events.waitUntilReady()
  let tries = 0
  make(Worker, 'work', async job => {
    if (job.name === 'never' || ++tries < 3) throw new Error('not yet')
    return 'done'
  })
  const retried = await queue.add('thrice', {}, { attempts: 3, backoff: { type: 'exponential', delay: 20 } })
  assert.equal(await retried.waitUntilFinished(events, 60_000), 'done')
  assert.equal((await queue.getJob(retried.id)).attemptsMade, 3)
  const failing = await queue.add('never', {}, { attempts: 2, backoff: 10 })
  await assert.rejects(failing.waitUntilFinished(events, 60_000), /not yet/)
  assert.deepEqual((await queue.getFailed()).map(job => job.failedReason), ['not yet'])
}))

test('bullmq: repeated jobs, flows, limits, duplicates, pauses', async () => queues(await emptied(), async make => {
  const queue = make(Queue, 'work')
  const flow = make(FlowProducer)
  const events = make(QueueEvents, 'work')
  await events.waitUntilReady()
  const ran = []
  const thrice = new Promise(resolve => {
    make(Worker, 'work', async job => {
      ran.push(job.name)
      if (ran.filter(name => name === 'tick').length === 3) resolve()
      return job.name === 'parent' ? Object.values(await job.getChildrenValues()).sort() : job.data.n
    }, { limiter: { max: 20, duration: 100 } })
  })
  await queue.upsertJobScheduler('ticks', { every: 100, limit: 3 }, { name: 'tick' })
  const tree = await flow.add({
    name: 'parent', queueName: 'work',
    children: [{ name: 'child', queueName: 'work', data: { n: 1 } }, { name: 'child', queueName: 'work', data: { n: 2 } }],
  })
  assert.deepEqual(await tree.job.waitUntilFinished(events, 60_000), [1, 2])
  await thrice
  const once = await queue.add('once', { n: 5 }, { jobId: 'same' })
  await once.waitUntilFinished(events, 60_000)
  assert.equal((await queue.add('once', { n: 6 }, { jobId: 'same' })).id, 'same')
  assert.equal((await queue.getJob('same')).data.n, 5)
  await queue.pause()
  await queue.add('held', { n: 7 })
  assert.equal(await queue.isPaused(), true)
  assert.equal(ran.includes('held'), false)
  await queue.obliterate({ force: true })
  assert.equal(await queue.count(), 0)
}))

test('bullmq: no job is lost by kill -9', async () => withServer(async server => {
  await queues({ host: server.host, port: server.port }, async make => {
    const queue = make(Queue, 'work')
    const total = 200
    await queue.addBulk(Array.from({ length: total }, (_, n) => ({ name: 'job', data: { n }, opts: { delay: n % 2 ? 200 : 0, attempts: 3 } })))
    const done = new Set()
    let killed = false
    const all = new Promise(resolve => {
      make(Worker, 'work', async job => {
        if (done.size === total / 4 && !killed) {
          killed = true
          await server.restart()
        }
        done.add(job.data.n)
        if (done.size === total) resolve()
      }, { concurrency: 4, lockDuration: 2000, stalledInterval: 1000, maxStalledCount: 100 })
    })
    await all
    assert.equal(killed, true)
    await eventually('not all are completed', async () => (await queue.getCompletedCount()) === total)
    assert.deepEqual(await queue.getJobCounts('completed', 'waiting', 'active', 'delayed', 'failed'), { completed: total, waiting: 0, active: 0, delayed: 0, failed: 0 })
  })
}))

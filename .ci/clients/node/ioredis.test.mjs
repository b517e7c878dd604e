import assert from 'node:assert/strict'
import test from 'node:test'
import Redis from 'ioredis'
import { active, host, port, runScript } from './script.mjs'

// connected runs check with a client of an empty server, and others that check asks for.
async function connected(check) {
  const clients = []
  const connect = async () => {
    const c = new Redis({ host, port, lazyConnect: true, maxRetriesPerRequest: 1, connectionName: 'ioredis' })
    await c.connect()
    clients.push(c)
    return c
  }
  try {
    const c = await connect()
    await c.flushall()
    await check(c, connect)
  } finally {
    for (const c of clients) c.disconnect()
  }
}

test('ioredis: script', () => connected(c => runScript(args => c.call(...args))))

test('ioredis: typed replies', () => connected(async c => {
  await c.hset('h', { a: 1, b: 2 })
  assert.deepEqual(await c.hgetall('h'), { a: '1', b: '2' })
  await c.zadd('z', 1.5, 'm')
  assert.deepEqual(await c.zrange('z', 0, -1, 'WITHSCORES'), ['m', '1.5'])
}))

test('ioredis: pipeline of 10 000', () => connected(async c => {
  const p = c.pipeline()
  for (let i = 0; i < 10_000; i++) p.incr('n')
  const replies = await p.exec()
  assert.deepEqual(replies[9_999], [null, 10_000])
}))

test('ioredis: WATCH', () => connected(async (c, connect) => {
  const other = await connect()
  await c.watch('w')
  await other.set('w', 'changed')
  assert.equal(await c.multi().incr('n').exec(), null)
  assert.deepEqual(await c.multi().incr('n').incr('n').exec(), [[null, 1], [null, 2]])
}))

test('ioredis: pub/sub', () => connected(async (c, connect) => {
  const sub = await connect()
  const messages = []
  const two = new Promise(resolve => {
    const note = (...m) => { if (messages.push(m.join(' ')) === 2) resolve() }
    sub.on('message', note)
    sub.on('pmessage', note)
  })
  await sub.subscribe('news')
  await sub.psubscribe('n?ws')
  assert.equal(await c.publish('news', 'hello'), 2)
  await two
  assert.deepEqual(messages, ['news hello', 'n?ws news hello'])
  assert.equal(await sub.unsubscribe('news'), 1)
  assert.equal(await sub.punsubscribe('n?ws'), 0)
}))

test('ioredis: keyspace notifications', () => connected(async (c, connect) => {
  await c.config('SET', 'notify-keyspace-events', 'Ex')
  const sub = await connect()
  await sub.subscribe('__keyevent@0__:expired')
  const expired = new Promise(resolve => sub.on('message', (_, key) => resolve(key)))
  await c.set('short', 'x', 'PX', 20)
  assert.equal(await expired, 'short')
  await c.config('SET', 'notify-keyspace-events', '')
}))

test('ioredis: blocking pop', () => connected(async (c, connect) => {
  assert.equal(await c.blpop('q', 0.05), null)
  const waiting = (await connect()).bzpopmin('z', 10)
  const other = await connect()
  while (!(await other.info('clients')).includes('blocked_clients:1'));
  await c.zadd('z', 1, 'job')
  assert.deepEqual(await waiting, ['z', 'job', '1'])
}))

test('ioredis: SCAN', () => connected(async c => {
  const p = c.pipeline()
  for (let i = 0; i < 1000; i++) p.set('key:' + i, i)
  await p.exec()
  const seen = new Set()
  for await (const keys of c.scanStream({ match: 'key:*', count: 100 })) keys.forEach(k => seen.add(k))
  assert.equal(seen.size, 1000)
}))

test('ioredis: 16 MiB of bytes', () => connected(async c => {
  const big = Buffer.alloc(16 << 20, Buffer.from([0, 1, 2, 13, 10, 255]))
  await c.set('big', big)
  assert.ok(big.equals(await c.getBuffer('big')))
}))

test('ioredis: active objects', { skip: !active }, () => connected(async c => {
  assert.equal(await c.call('ASO.SET', 'secret', '42', 'HANDLER', 'std/once'), 'OK')
  assert.equal(await c.get('secret'), '42')
  assert.equal(await c.get('secret'), null)
  await c.call('ASO.ATTACH', 'limit', 'std/ratelimit', 'PARAM', 'count', '2', 'PARAM', 'period', '1h', 'PARAM', 'burst', '1')
  assert.equal((await c.call('ASO.CALL', 'limit', 'take'))[0], 1)
  assert.equal((await c.call('ASO.CALL', 'limit', 'take'))[0], 1)
  assert.equal((await c.call('ASO.CALL', 'limit', 'take'))[0], 0)
}))

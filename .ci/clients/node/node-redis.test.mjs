import assert from 'node:assert/strict'
import test from 'node:test'
import { createClient } from 'redis'
import { active, host, port, runScript } from './script.mjs'

// connected runs check with a client of an empty server, and others that check asks for.
async function connected(RESP, check) {
  const clients = []
  const connect = async () => {
    const c = createClient({ socket: { host, port, reconnectStrategy: false }, name: 'node-redis', RESP })
    c.on('error', () => {}) // the command fails as well
    await c.connect()
    clients.push(c)
    return c
  }
  try {
    const c = await connect()
    await c.flushAll()
    await check(c, connect)
  } finally {
    for (const c of clients) c.destroy()
  }
}

for (const RESP of [2, 3]) {
  const title = what => `node-redis RESP${RESP}: ${what}`
  const withClient = check => () => connected(RESP, check)

  test(title('script'), withClient(c => runScript(args => c.sendCommand(args))))

  test(title('typed replies'), withClient(async c => {
    await c.hSet('h', { a: 1, b: 2 })
    assert.deepEqual({ ...await c.hGetAll('h') }, { a: '1', b: '2' })
    await c.zAdd('z', { score: 1.5, value: 'm' })
    assert.deepEqual(await c.zRangeWithScores('z', 0, -1), [{ score: 1.5, value: 'm' }])
    await c.sAdd('s', ['x', 'y'])
    assert.deepEqual([...await c.sMembers('s')].sort(), ['x', 'y'])
    assert.equal((await c.configGet('maxmemory'))['maxmemory'], '0')
  }))

  test(title('pipelining and MULTI'), withClient(async c => {
    const replies = await Promise.all(Array.from({ length: 1000 }, () => c.incr('n')))
    assert.equal(replies[999], 1000)
    assert.deepEqual(await c.multi().incr('n').get('n').exec(), [1001, '1001'])
  }))

  test(title('WATCH'), withClient(async (c, connect) => {
    const other = await connect()
    await c.watch('w')
    await other.set('w', 'changed')
    await assert.rejects(c.multi().incr('n').exec(), /watched keys has been changed/i)
  }))

  test(title('pub/sub'), withClient(async (c, connect) => {
    const sub = await connect()
    const messages = []
    let done
    const two = new Promise(resolve => { done = resolve })
    const note = (message, channel) => { if (messages.push(`${channel} ${message}`) === 2) done() }
    await sub.subscribe('news', note)
    await sub.pSubscribe('n*', note)
    assert.equal(await c.publish('news', 'hello'), 2)
    await two
    assert.deepEqual(messages, ['news hello', 'news hello'])
    await sub.unsubscribe('news')
    await sub.pUnsubscribe('n*')
  }))

  test(title('blocking pop'), withClient(async (c, connect) => {
    assert.equal(await c.blPop('q', 0.05), null)
    const waiting = (await connect()).blPop('q', 10)
    const other = await connect()
    while (!(await other.info('clients')).includes('blocked_clients:1'));
    await c.rPush('q', 'job')
    assert.deepEqual({ ...await waiting }, { key: 'q', element: 'job' })
  }))

  test(title('SCAN'), withClient(async c => {
    await Promise.all(Array.from({ length: 1000 }, (_, i) => c.set('key:' + i, i.toString())))
    const seen = new Set()
    for await (const keys of c.scanIterator({ MATCH: 'key:*', COUNT: 100 })) [keys].flat().forEach(k => seen.add(k))
    assert.equal(seen.size, 1000)
  }))

  test(title('active objects'), { skip: !active }, withClient(async c => {
    assert.equal(await c.sendCommand(['ASO.SET', 'secret', '42', 'HANDLER', 'std/once']), 'OK')
    assert.equal(await c.get('secret'), '42')
    assert.equal(await c.get('secret'), null)
  }))
}

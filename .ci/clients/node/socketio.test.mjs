import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import test from 'node:test'
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter'
import { Emitter } from '@socket.io/redis-emitter'
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter'
import Redis from 'ioredis'
import { createClient } from 'redis'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { eventually, withServer } from './server.mjs'

// web starts a server of Socket.IO and returns it with its address; browsers join rooms and answer questions.
async function web(adapter, options = {}) {
  const http = createServer()
  const server = new Server(http, { adapter, ...options })
  server.on('connection', socket => {
    socket.on('join', async (room, done) => { await socket.join(room); done() })
    socket.on('say', (room, text) => socket.to(room).emit('said', text))
  })
  await new Promise(resolve => http.listen(0, '127.0.0.1', resolve))
  return [server, `http://127.0.0.1:${http.address().port}`]
}

// browse connects to the address; all that comes is kept in heard.
async function browse(url) {
  const socket = io(url, { transports: ['websocket'], reconnectionDelay: 50 })
  socket.heard = []
  socket.on('said', (...args) => socket.heard.push(args.at(0)))
  socket.on('ask', (n, answer) => answer(n * 2))
  await new Promise((resolve, reject) => { socket.once('connect', resolve); socket.once('connect_error', reject) })
  return socket
}

// rooms is what holds for each adapter: two servers act as one. outside sends from a process without sockets.
async function rooms(servers, urls, restart, outside) {
  const [ann, bob, eve] = await Promise.all([browse(urls[0]), browse(urls[1]), browse(urls[1])])
  const browsers = [ann, bob, eve]
  try {
    await ann.emitWithAck('join', 'room')
    await bob.emitWithAck('join', 'room')
    await eventually('the servers do not see each other', async () => (await servers[0].fetchSockets().catch(() => [])).length === 3)
    assert.equal((await servers[1].in('room').fetchSockets()).length, 2)
    ann.emit('say', 'room', 'hello')
    await eventually('Bob hears nothing', () => bob.heard.length === 1)
    assert.deepEqual(await servers[0].timeout(10_000).emitWithAck('ask', 21), [42, 42, 42])
    const told = new Promise(resolve => servers[1].on('told', (text, answer) => { resolve(text); answer('yes') }))
    assert.deepEqual(await servers[0].serverSideEmitWithAck('told', 'server'), ['yes'])
    assert.equal(await told, 'server')
    servers[0].in(bob.id).socketsJoin('other')
    await eventually('Bob does not join', async () => (await servers[1].in('other').fetchSockets()).length === 1)
    servers[1].to('other').except(ann.id).emit('said', 'for Bob')
    servers[0].emit('said', 'for all')
    await eventually('not all hear', () => browsers.every(one => one.heard.includes('for all')) && bob.heard.includes('for Bob'))
    if (outside) {
      outside.to('room').emit('said', 'from outside')
      await eventually('nothing from outside', () => ann.heard.includes('from outside') && bob.heard.includes('from outside'))
    }
    await restart()
    await eventually('nothing arrives after a restart', async () => {
      servers[0].to('room').emit('said', 'again')
      return bob.heard.includes('again') && ann.heard.includes('again')
    })
    assert.deepEqual([...new Set(eve.heard)], ['for all'])
    assert.deepEqual([...new Set(ann.heard)].sort(), ['again', 'for all', ...(outside ? ['from outside'] : [])])
    servers[0].in('room').disconnectSockets(true)
    await eventually('they stay', () => !ann.connected && !bob.connected && eve.connected)
  } finally {
    for (const one of browsers) one.disconnect()
    for (const one of servers) await one.close()
  }
}

// client connects with ioredis and waits for the server when it is away.
function client(server) {
  const c = new Redis({ host: server.host, port: server.port, maxRetriesPerRequest: null, retryStrategy: () => 50 })
  c.on('error', () => {})
  return c
}

test('socket.io: adapter on pub/sub, and the emitter', async () => withServer(async server => {
  const clients = Array.from({ length: 5 }, () => client(server))
  const one = await web(createAdapter(clients[0], clients[1]))
  const two = await web(createAdapter(clients[2], clients[3]))
  await rooms([one[0], two[0]], [one[1], two[1]], () => server.restart(), new Emitter(clients[4]))
  await Promise.all(clients.map(c => c.quit())) // behind what the adapters have sent: they do not wait for their UNSUBSCRIBE
}))

test('socket.io: adapter on sharded pub/sub, with node-redis', async () => withServer(async server => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => createClient({ socket: { host: server.host, port: server.port, reconnectStrategy: () => 50 } }).on('error', () => {}).connect()))
  const one = await web(createShardedAdapter(clients[0], clients[1]))
  const two = await web(createShardedAdapter(clients[2], clients[3]))
  await rooms([one[0], two[0]], [one[1], two[1]], () => server.restart())
  await Promise.all(clients.map(c => c.close()))
}))

test('socket.io: adapter on streams, and sessions that go on elsewhere', async () => withServer(async server => {
  const clients = [client(server), client(server)]
  const options = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } }
  const adapter = c => createStreamsAdapter(c, { blockTimeInMs: 200, heartbeatInterval: 500 })
  const one = await web(adapter(clients[0]), options)
  const two = await web(adapter(clients[1]), options)
  const ann = await browse(one[1])
  await ann.emitWithAck('join', 'room')
  one[0].emit('said', 'first') // its offset is where the session goes on
  await eventually('the first is lost', () => ann.heard.includes('first'))
  ann.io.reconnection(false)
  ann.io.engine.close() // as when the network fails
  await eventually('the session is not stored', async () => (await clients[0].keys('sio:session:*')).length === 1)
  await server.restart()
  one[0].to('room').emit('said', 'missed')
  await eventually('the event is not in the stream', async () => (await clients[0].xrange('socket.io', '-', '+')).some(([, fields]) => fields.join().includes('missed')))
  ann.io.uri = two[1]
  ann.connect()
  await eventually('the missed event does not come', () => ann.recovered && ann.heard.includes('missed'))
  ann.disconnect()
  await rooms([one[0], two[0]], [one[1], two[1]], () => server.restart())
  await eventually('the adapters keep their own clients', async () => (await clients[0].client('LIST')).trim().split('\n').length === 2)
  await Promise.all(clients.map(c => c.quit()))
}))

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import test from 'node:test'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import { createClient } from 'redis'
import { host, port } from './script.mjs'

// visit sends a request through the middleware; change does what the page would do with the session. It returns the cookie that comes back.
function visit(middleware, cookie, change) {
  const headers = {}
  const request = Object.assign(new EventEmitter(), { url: '/', headers: cookie ? { cookie } : {}, connection: { encrypted: false } })
  const response = Object.assign(new EventEmitter(), {
    statusCode: 200, getHeader: name => headers[name.toLowerCase()], setHeader: (name, v) => { headers[name.toLowerCase()] = v },
    writeHead() {}, write() { return true }, _implicitHeader() { this.writeHead(200) }, end() { this.emit('ended') },
  })
  return new Promise((resolve, reject) => {
    response.once('ended', () => resolve([headers['set-cookie']].flat()[0]?.split(';')[0]))
    middleware(request, response, async err => {
      if (err) return reject(err)
      try {
        await change(request.session, request)
        response.writeHead(200)
        response.end()
      } catch (err) { reject(err) }
    })
  })
}

test('connect-redis: sessions', async () => {
  const client = await createClient({ socket: { host, port } }).connect()
  await client.flushAll()
  try {
    const store = new RedisStore({ client, prefix: 'sess:', ttl: 100 })
    const middleware = session({ store, secret: 'test', resave: false, saveUninitialized: false })
    assert.equal(await visit(middleware, undefined, () => {}), undefined, 'a session without content is not stored')
    const cookie = await visit(middleware, undefined, s => { s.user = 'ann'; s.cart = [1, 2] })
    await visit(middleware, cookie, s => { assert.equal(s.user, 'ann'); s.cart.push(3) })
    await visit(middleware, cookie, s => assert.deepEqual(s.cart, [1, 2, 3]))
    const [key] = await client.keys('sess:*')
    const ttl = await client.ttl(key)
    assert.ok(ttl > 90 && ttl <= 100, `ttl ${ttl}`)
    await client.expire(key, 10)
    await visit(middleware, cookie, () => {}) // a touch
    assert.ok(await client.ttl(key) > 90)
    for (let i = 0; i < 150; i++) await visit(middleware, undefined, s => { s.user = `u${i}` })
    const call = (method, ...args) => new Promise((resolve, reject) => store[method](...args, (err, v) => err ? reject(err) : resolve(v)))
    assert.equal(await call('length'), 151)
    assert.equal((await call('ids')).length, 151)
    assert.equal((await call('all')).filter(s => s.user?.startsWith('u')).length, 150)
    await visit(middleware, cookie, s => new Promise(resolve => s.destroy(resolve)))
    await visit(middleware, cookie, s => assert.equal(s.user, undefined))
    await call('clear')
    assert.equal(await client.dbSize(), 0)
  } finally {
    client.destroy()
  }
})

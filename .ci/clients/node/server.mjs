// A server of a test's own, which it kills and starts again.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Redis from 'ioredis'

// freePort returns one that nobody has. It stays so while the server is away: it is below those that the kernel gives to whoever connects.
const freePort = () => new Promise(resolve => {
  const port = 20_000 + Math.floor(12_000 * Math.random())
  const probe = net.createServer().listen(port, '127.0.0.1', () => probe.close(() => resolve(port)))
  probe.on('error', () => resolve(freePort()))
})

// command is the server that CLIENTS_COMET names, or without that a real Redis that forgets nothing either.
const command = process.env.CLIENTS_COMET ? [process.env.CLIENTS_COMET, '--loglevel', 'warning'] : ['redis-server', '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']

class AppServer {
  host = '127.0.0.1'

  async start() {
    const [program, ...args] = command
    this.process = spawn(program, [...args, '--port', this.port, '--bind', this.host, '--dir', this.dir], { stdio: 'ignore' })
    const c = new Redis({ host: this.host, port: this.port, maxRetriesPerRequest: null, retryStrategy: () => 50 })
    c.on('error', () => {})
    await c.ping()
    c.disconnect()
  }

  kill() {
    return new Promise(resolve => { this.process.once('exit', resolve); this.process.kill('SIGKILL') })
  }

  // restart is what follows kill -9.
  async restart() {
    await this.kill()
    await this.start()
  }
}

// withServer runs check with a server, and ends it.
export async function withServer(check) {
  const server = new AppServer()
  server.dir = await mkdtemp(join(tmpdir(), 'apps-'))
  server.port = await freePort()
  await server.start()
  try {
    await check(server)
  } finally {
    await server.kill()
    await rm(server.dir, { recursive: true, force: true })
  }
}

// eventually waits until check is true, and returns what it returned.
export async function eventually(what, check, seconds = 60) {
  for (const until = Date.now() + 1000 * seconds; ;) {
    const got = await check()
    if (got) return got
    if (Date.now() > until) throw new Error(`after ${seconds} s: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

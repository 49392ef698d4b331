import { createServer, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { bodyParser } from '@koa/bodyparser'
import express from 'express'
import fastify, { type FastifyInstance } from 'fastify'
import Koa from 'koa'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  type FetchHandler,
  fastifyHandler,
  fastifyPlugin,
  koaHandler,
  nodeHandler,
} from '../../../src/adapters/frameworks/index.ts'
import { createShop, listen } from './shop.ts'

// The frameworks themselves, over a socket, with notifications that the simulator signs.

const shop = await createShop()
beforeEach(() => {
  shop.errors.length = 0
  shop.paid.length = 0
})

/** Starts a server with the handler at /notify; gives its origin. */
type Start = (handler: FetchHandler) => Promise<string>

const serveKoa = (...middleware: Koa.Middleware[]): Promise<string> => {
  const app = new Koa({ silent: true } as object)
  for (const each of middleware) app.use(each)
  return listen(createServer(app.callback()))
}

async function serveFastify(register: (app: FastifyInstance) => unknown): Promise<string> {
  const app = fastify()
  await register(app)
  onTestFinished(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

const keepBytes = (req: IncomingMessage, _: unknown, bytes: Buffer) => {
  Object.assign(req, { rawBody: bytes })
}
const everything = { type: () => true }

const RECEIVES: Readonly<Record<string, Start>> = {
  'node:http': handler => listen(nodeHandler(handler)),
  'Express, before its parsers': handler => {
    const app = express()
    app.post('/notify', nodeHandler(handler))
    app.use(express.json())
    return listen(app)
  },
  'Express, under a path of its own router': handler => {
    const router = express.Router()
    router.post('/', nodeHandler(handler))
    return listen(express().use('/notify', router))
  },
  'Express with express.raw()': handler =>
    listen(express().use(express.raw(everything)).post('/notify', nodeHandler(handler))),
  'Express with express.text()': handler =>
    listen(express().use(express.text(everything)).post('/notify', nodeHandler(handler))),
  'Express with express.json() that keeps rawBody': handler =>
    listen(
      express()
        .use(express.json({ verify: keepBytes }))
        .post('/notify', nodeHandler(handler)),
    ),
  Koa: handler => serveKoa(ctx => koaHandler(handler)(ctx)),
  'Koa with @koa/bodyparser, which keeps rawBody': handler =>
    serveKoa(bodyParser({ enableTypes: ['json', 'xml', 'text'] }), koaHandler(handler)),
  'Fastify with the plugin': handler => serveFastify(app => app.register(fastifyPlugin(handler), { url: '/notify' })),
  'Fastify with a parser that gives bytes': handler =>
    serveFastify(app => {
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
      app.post('/notify', fastifyHandler(handler))
    }),
}

describe.each(Object.entries(RECEIVES))('%s', (_, start) => {
  it.each(['v3', 'v2'] as const)('receives a notification of API%s once, and refuses it changed', async api => {
    const url = `${await start(shop.handler)}/notify`
    const { id, state } = await shop.send(url, api)
    expect([state, shop.errors]).toEqual(['delivered', []])
    expect(shop.paid).toEqual([expect.any(String)])
    const changed = await shop.simulator.notify.tampered(id)
    expect(changed.responseBody).toContain('FAIL')
    expect([shop.paid.length, shop.errors.map(error => error.code)]).toEqual([1, ['SIGNATURE_INVALID']])
  })
})

const CONSUMED: Readonly<Record<string, [cure: RegExp, Start]>> = {
  'express.json()': [
    /^req\.body: express\.json\(\) has parsed the body, .*before app\.use\(express\.json\(\)\).*\{ rawBody: true \}\)\.$/,
    handler => listen(express().use(express.json()).post('/notify', nodeHandler(handler))),
  ],
  'a reader that keeps nothing': [
    /^req\.body: something has read the body, /,
    handler =>
      listen(async (req, res) => {
        req.resume()
        await new Promise(done => req.once('end', done))
        await nodeHandler(handler)(req, res)
      }),
  ],
  'a body parser of Koa': [
    /^req\.body: a body parser of Koa has parsed the body, .*ctx\.request\.rawBody/,
    handler =>
      serveKoa(
        bodyParser(),
        (ctx, next) => {
          Reflect.deleteProperty(ctx.request, 'rawBody')
          return next()
        },
        koaHandler(handler),
      ),
  ],
  'the parser of Fastify': [
    /^req\.body: Fastify's content type parser has parsed the body, .*app\.register\(fastifyPlugin\(handler\)/,
    handler => serveFastify(app => app.post('/notify', fastifyHandler(handler))),
  ],
  "Next's parser": [
    /^req\.body: Next's body parser has parsed the body, .*bodyParser: false/,
    handler =>
      listen(async (req, res) => {
        const body = await json(req)
        await nodeHandler(handler)(Object.assign(req, { query: {}, cookies: {}, body }), res)
      }),
  ],
}

describe.each(Object.entries(CONSUMED))('after %s', (_, [cure, start]) => {
  it('a genuine notification is refused by name with the cure, never verified over the serialized body', async () => {
    const { state } = await shop.send(`${await start(shop.handler)}/notify`)
    expect([state, shop.paid]).toEqual(['pending', []])
    expect(shop.errors).toEqual([
      expect.objectContaining({
        name: 'ConfigurationError',
        code: 'RAW_BODY_MISSING',
        message: expect.stringMatching(cure),
      }),
    ])
  })
})

it('two raw bodies are taken if they are the same bytes, and refused if they differ', async () => {
  let change = ''
  const url = `${await listen(
    express()
      .use(express.raw(everything))
      .use((req, _, next) => {
        Object.assign(req, { rawBody: req.body.toString() + change })
        next()
      })
      .post('/notify', nodeHandler(shop.handler)),
  )}/notify`
  expect((await shop.send(url)).state).toBe('delivered')
  change = ' '
  expect((await shop.send(url)).state).toBe('pending')
  expect(shop.errors.map(error => error.code)).toEqual(['RAW_BODY_AMBIGUOUS'])
})

it('routes of Fastify outside the plugin still parse JSON', async () => {
  const origin = await serveFastify(app => {
    app.register(fastifyPlugin(shop.handler), { url: '/notify' })
    app.post('/other', async request => request.body)
  })
  const body = JSON.stringify({ parsed: true })
  const response = await fetch(`${origin}/other`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  expect(await response.json()).toEqual({ parsed: true })
})

it('the plugin of Fastify without a path is an error of the configuration', async () => {
  const app = fastify()
  app.register(fastifyPlugin(shop.handler), {} as { url: string })
  await expect(app.ready()).rejects.toMatchObject({ code: 'OPTION_MISSING', option: 'url' })
})

it('Koa keeps the status and the cookies of a response without a body', async () => {
  const headers = new Headers([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['allow', 'POST'],
  ])
  const origin = await serveKoa(koaHandler(() => new Response(null, { status: 405, headers })))
  const response = await fetch(origin)
  expect([
    response.status,
    response.headers.getSetCookie(),
    response.headers.get('allow'),
    await response.text(),
  ]).toEqual([405, ['a=1', 'b=2'], 'POST', ''])
})

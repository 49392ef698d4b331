// The server under measurement, in a process of its own: node bench/frameworks/server.ts new-request|express. Prints its port; on
// each line of its input it prints the milliseconds of processor time that it has used.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import express from 'express'
import { nodeHandler } from '../../src/adapters/frameworks/index.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createNotificationHandler } from '../../src/flows/notification/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'

const { merchant, fetch } = await createSimulator({ seed: 'bench/frameworks' })
const handler = createNotificationHandler(new Wechatpay({ ...merchant, fetch }), { 'TRANSACTION.SUCCESS': () => {} })

/** The shortest program that makes a `Request` of the whole body. */
const newRequest: RequestListener = async (req, res) => {
  const headers = req.headers as Record<string, string>
  const body = await buffer(req)
  const response = await handler(new Request(`http://localhost${req.url}`, { method: 'POST', headers, body }))
  res.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text())
}

const listener = process.argv[2] === 'express' ? express().post('/notify', nodeHandler(handler)) : newRequest
const server = createServer(listener).listen(0, '127.0.0.1', () =>
  console.log(String((server.address() as AddressInfo).port)),
)
createInterface({ input: process.stdin }).on('line', () => {
  const { user, system } = process.cpuUsage()
  console.log(String((user + system) / 1000))
})

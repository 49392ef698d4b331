import { parseEnv } from 'node:util'
import { assert } from 'chai'
import type { FileEnvironment } from '../../src/adapters/files.ts'
import { merchantFiles } from '../../src/cli/simulator/merchant-files.ts'
import { listen } from '../../src/cli/simulator/server.ts'
import { receiveNotification, type Wechatpay } from '../../src/core/index.ts'
import { createSimulator, type KeySwitch } from '../../src/simulator/index.ts'
import type { Case } from '../conformance/case.ts'

const STAGES: readonly KeySwitch[] = [
  { stage: 'stopped', share: 0 },
  ...[0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1].map((share): KeySwitch => ({ stage: 'started', share })),
  { stage: 'done', share: 1 },
  { stage: 'stopped', share: 0 },
]

/**
 * Cases that hold for the clients of Node, Deno and Bun alike while a merchant switches from certificates to the public key:
 * over real HTTP, with the `.env` that `wechatpay-edge simulator --platform both` writes, as it stands.
 */
export const keySwitchCases = (wechatpay: (environment: FileEnvironment) => Wechatpay): readonly Case[] => [
  {
    name: 'the switch to the public key, and the way back, lose no response and no notification',
    async run() {
      const received: Promise<string>[] = []
      let client: Wechatpay
      const simulator = await createSimulator({
        platform: 'both',
        async deliver(input, init) {
          const verified = receiveNotification(client, new Request(input, init)).then(one => String(one.verifiedBy))
          received.push(verified)
          await verified.catch(() => {})
          return new Response(null, { status: 204 })
        },
      })
      const { fetch, merchant, certificates, examples, journal } = simulator
      const server = await listen(request => fetch(request), { host: '127.0.0.1', port: 0 })
      try {
        const files = await merchantFiles(simulator, { url: server.url, tls: undefined })
        const environment: FileEnvironment = parseEnv(String(files['.env']))
        const [publicKeyId] = Object.keys(merchant.platformKeys)
        const [serial] = Object.keys(certificates)
        client = wechatpay(environment)
        const { mchid, appid } = merchant
        const resource = { mchid, appid, out_trade_no: 'T1', transaction_id: '4200000001', trade_state: 'SUCCESS' }
        for (const keySwitch of STAGES) {
          simulator.setKeySwitch(keySwitch)
          const { business_code } = examples
          const { verifiedBy } = await client.v3.apply4subject.applyment.get({ params: { business_code } })
          assert.equal(verifiedBy, keySwitch.stage === 'stopped' ? serial : publicKeyId, keySwitch.stage)
          for (let time = 0; time < 4; time++)
            await simulator.notify.send({ url: 'https://shop.example/', event: 'TRANSACTION.SUCCESS', resource })
        }
        const by = await Promise.all(received)
        assert.lengthOf(by, 4 * STAGES.length)
        assert.sameMembers([...new Set(by)], [publicKeyId, serial])
        assert.lengthOf(
          journal.filter(({ url }) => url === '/v3/certificates'),
          1,
        )
      } finally {
        await server.close()
      }
    },
  },
]

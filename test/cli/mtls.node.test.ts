import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseEnv } from 'node:util'
import { expect, it } from 'vitest'
import { wechatpay } from '../../src/adapters/node.ts'
import { startSimulator } from './program.ts'

// As a user has it: the simulator over TLS in one process, the command in another, in the folder that the simulator wrote.
it('a call that requires the client certificate presents it; without, it says what it lacks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  const simulator = await startSimulator('--tls', '--folder', folder)
  try {
    const run = async (variables: NodeJS.ProcessEnv, ...argv: string[]) => {
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'), ...variables }
      const child = spawn(process.execPath, [resolve('src/cli/main.ts'), ...argv], { cwd: folder, env })
      const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
      return { code, out, errors }
    }
    const refund = ['appid=wxd678efh567hg6787', 'mch_id=1900000109', 'out_trade_no=M-0001', 'out_refund_no=R-0001']
    const argv = [
      'request',
      'v2/secapi/pay/refund',
      ...[...refund, 'total_fee=1', 'refund_fee=1'].flatMap(pair => ['-d', pair]),
    ]
    expect(await run({}, ...argv)).toMatchObject({ code: 1, errors: expect.stringMatching(/^ORDERNOTEXIST: /) })
    expect(await run({ WECHATPAY_P12_FILE: 'apiclient_cert.p12' }, ...argv, '--env', '.env')).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^ORDERNOTEXIST: /),
    })
    expect(
      await run({ WECHATPAY_P12_FILE: 'apiclient_cert.p12', WECHATPAY_P12_PASSPHRASE: 'no' }, ...argv, '--env', '.env'),
    ).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^WECHATPAY_P12_PASSPHRASE: does not decrypt WECHATPAY_P12_FILE/),
    })
    expect(await run({ WECHATPAY_CERTIFICATE: '' }, ...argv)).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^WECHATPAY_CERTIFICATE and WECHATPAY_PRIVATE_KEY are needed/),
    })
    expect(await run({}, 'doctor')).toMatchObject({ code: 0 })
    expect(await run({ NODE_EXTRA_CA_CERTS: '' }, 'doctor')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/✗ host .*NODE_EXTRA_CA_CERTS=ca\.pem/),
    })
  } finally {
    await simulator.stop()
    await rm(folder, { recursive: true })
  }
})

it('over plain HTTP, which carries no client certificate, the error says that none was sent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  const simulator = await startSimulator('--folder', folder)
  try {
    const wxpay = wechatpay(parseEnv(await readFile(join(folder, '.env'), 'utf8')))
    const order = { appid: 'wxd678efh567hg6787', mch_id: '1900000109', out_trade_no: 'M-0001' }
    const refund = wxpay.v2.secapi.pay.refund.post({ ...order, out_refund_no: 'R-0001', total_fee: 1, refund_fee: 1 })
    await expect(refund).rejects.toMatchObject({
      name: 'ServiceError',
      serviceCode: 'HTTP_400',
      mayHaveTakenEffect: false,
      message: expect.stringMatching(
        /^HTTP_400: No client certificate .* Set "mtlsFetch", and an https: "baseUrl" \(simulator: --tls\)\. \(Request-ID [\w-]+\)$/,
      ),
    })
  } finally {
    await simulator.stop()
    await rm(folder, { recursive: true, force: true })
  }
})

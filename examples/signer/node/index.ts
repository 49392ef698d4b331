// A shop places an order with a key that it does not have. WeChat Pay is simulated: no merchant account needed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TransportError, Wechatpay } from 'wechatpay-edge'
import { startJsapi } from 'wechatpay-edge/payment'
import { createSimulator } from 'wechatpay-edge/simulator'
import { socketSigner } from './socket-signer.ts'

const simulator = await createSimulator()
const { privateKey, serial, certificate, ...merchant } = simulator.merchant
const folder = mkdtempSync(join(tmpdir(), 'signer-'))
const socket = join(folder, 'signer.sock')

// The other program. Only here it is a child of the shop, which hands it the simulated key.
const holder = spawn(process.execPath, [fileURLToPath(new URL('holder.ts', import.meta.url)), socket], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
try {
  holder.stdin.end(privateKey)
  await once(holder.stdout, 'data')

  // The certificate lets the client verify each signature before it is used.
  const signer = socketSigner(socket, serial)
  const wxpay = new Wechatpay({ ...merchant, certificate, signer, fetch: simulator.fetch })
  const { appid, mchid } = merchant
  const { data } = await wxpay.v3.pay.transactions.jsapi.post({
    appid,
    mchid,
    description: 'Tea',
    out_trade_no: `order${Date.now()}`,
    notify_url: 'https://example.com/notify',
    amount: { total: 100 }, // fen
    payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
  })
  console.log('placed:', data.prepay_id, '- signed by', simulator.journal.at(-1)?.signedBy)
  const { paySign } = await startJsapi(wxpay, { appid, prepay_id: data.prepay_id })
  console.log('paySign:', paySign.length, 'characters')

  // The holder does not sign a call that its policy does not list.
  const transfer = wxpay.request('POST', 'v3/fund-app/mch-transfer/transfer-bills', { body: { appid } })
  await transfer.catch(error => {
    if (!(error instanceof TransportError)) throw error
    console.log('refused:', error.code, '- may have taken effect:', error.mayHaveTakenEffect)
  })
} finally {
  holder.kill()
  rmSync(folder, { recursive: true })
}

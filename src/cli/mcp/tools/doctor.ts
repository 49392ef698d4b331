import { checkRows } from '../../checks.ts'
import { checkAll } from '../../doctor/doctor.ts'
import type { Tool } from '../tool.ts'
import { ToolError } from '../tool-error.ts'

export const doctor: Tool = {
  name: 'doctor',
  title: 'Check a merchant’s keys',
  description:
    'Checks the merchant’s keys and certificate, the clock, the network, and with a signed call that changes nothing whether WeChat Pay accepts the signature. Each check says how to fix what failed. Needs a server that was started with --env.',
  properties: { offline: { type: 'boolean', default: false, description: 'Send nothing; check only the keys.' } },
  reach: 'the network',
  async run({ offline = false }, { environment, stopped }) {
    if (!environment)
      throw new ToolError(
        'KEYS_MISSING',
        'The server was started without keys.',
        'Ask the user to start it with --env <file>; without a merchant, wechatpay-edge simulator --folder wechatpay writes one.',
      )
    const checks = await checkAll(environment, { offline: offline as boolean, stopped })
    return {
      ok: checks.every(({ ok }) => ok !== false),
      checks: checkRows(checks),
    }
  },
}

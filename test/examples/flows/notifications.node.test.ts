import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

test('the notifications example takes, refuses and answers what WeChat Pay sends', async () => {
  const { stdout } = await run(process.execPath, [join(process.cwd(), 'examples/flows/notifications.ts')])
  expect(stdout.trimEnd().split('\n')).toEqual([
    'refused: TRANSACTION.SUCCESS - the database is away',
    '15 seconds later',
    'paid: order1 - 100 fen',
    'repeated: answered 204 and not handled again',
    expect.stringMatching(/^refused: - - The notification is not proven to be WeChat Pay's/),
    'tampered with: answered 401',
    'refund: order1-1 - SUCCESS',
    'asked, and answered: {"state":"NO_PARKING_FEE"}',
    expect.stringMatching(/^refused: COUPON.USE - handlers\['COUPON.USE'\]: this notification has no handler/),
    'nobody handles COUPON.USE: pending - it comes again',
  ])
})

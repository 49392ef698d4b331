import { WechatpayError } from '../core/index.ts'

/** The disk did not confirm a write to the ledger, so the system may have dropped the data. */
export class DiskError extends WechatpayError<'DISK_FAILED'> {
  override readonly name: string = 'DiskError'

  constructor(path: string, cause: unknown) {
    super(
      'DISK_FAILED',
      `${path}: the disk failed to store written data (${(cause as Error).message}). The gateway stops; WeChat Pay sends unacknowledged notifications again. Check the disk, then restart the gateway.`,
      cause,
    )
  }
}

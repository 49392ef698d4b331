// Preloaded (`--import`): fdatasync fails, as where a disk is dying, once the file FAULT_FILE is there.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { fdatasync } = fs
fs.fdatasync = (fd, callback) => {
  if (!fs.existsSync(process.env.FAULT_FILE)) return fdatasync(fd, callback)
  const error = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', errno: -5, syscall: 'fdatasync' })
  setImmediate(() => callback(error))
}
syncBuiltinESMExports()

// Runs `wechatpay-edge simulator` in its own process, which reports its processor time.
import { simulator } from '../../src/cli/simulator/simulator.ts'

const stop = new AbortController()
process.on('message', () => process.send!(process.cpuUsage()))
process.once('disconnect', () => stop.abort())
const print = (line: string) => process.send!(JSON.parse(line))
await simulator.run(
  { port: '0', json: true, quiet: true, folder: process.argv[2]! },
  { print, warn: console.error, stopped: stop.signal },
  [],
)

// Writes a bill with the given number of rows to standard output.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { tradeBill } from './trade-bill.ts'

await pipeline(Readable.from(tradeBill(Number(process.argv[2]))), process.stdout)

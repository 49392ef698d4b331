import { workerData } from 'node:worker_threads'
import pg from 'pg'

const { url, schema, flag, port } = workerData
const client = new pg.Client({
  connectionString: url,
  options: `-c search_path=${schema}`,
  types: {
    getTypeParser: (oid, format) => (oid === 20 || oid === 1700 ? Number : pg.types.getTypeParser(oid, format)),
  },
})
const connecting = client.connect()

port.on('message', async ({ text, values }) => {
  let response
  try {
    await connecting
    if (text === undefined) {
      await client.end()
      response = { rows: [] }
    } else response = { rows: (await client.query(text, values)).rows }
  } catch (error) {
    response = { error: `${error.code}: ${error.message}: ${text}` }
  }
  port.postMessage(response)
  Atomics.store(flag, 0, 1)
  Atomics.notify(flag, 0)
  if (text === undefined) port.close()
})

/** Loaded into a process before the service (`--import`): a line of the log for each new peak of hashes at the same moment. */
import { writeSync } from 'node:fs'
import { watchHashes } from '../hashes-at-once.ts'

watchHashes((hashes) => {
  writeSync(1, `${JSON.stringify({ level: 'info', pid: process.pid, msg: 'hashes at once', hashes })}\n`)
})

/**
 * `npm run bench:verifier`: how many tokens sdk/verify verifies in a second on one core, repeated ones and such as it sees for the
 * first time. README.md says how to read it. `--rounds N` (7); `--strict`: code 1 if a target was not met.
 */
import { parseArgs } from 'node:util'
import { keep } from './keep.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { wholeNumber } from './options.ts'
import { isMissed } from './verdicts.ts'
import { measureVerifier } from './verifier/measure.ts'
import { judgeVerifier, type VerifierResult, writeVerifierReport } from './verifier/report.ts'

const WORTH_KEEPING = 7 // rounds, of a few seconds each

const options = {
  rounds: { type: 'string', default: String(WORTH_KEEPING) },
  strict: { type: 'boolean', default: false },
} as const
const { values } = parseArgs({ options })
const rounds = wholeNumber('rounds', values.rounds)

const result: VerifierResult = {
  at: new Date().toISOString(),
  commit: describeCommit(),
  machine: describeMachine(),
  ...(await measureVerifier(rounds)),
}
const report = writeVerifierReport(result)
if (rounds >= WORTH_KEEPING) keep('verifier', result, report)
console.log(report)
if (values.strict && judgeVerifier(result).some(isMissed)) process.exitCode = 1

/** `samurai-auth audit …`: whether the record of events is as it was written. */
import type { Audit, AuditVerdict } from '../features/audit/audit.ts'
import { exitCodes, readOptions } from './command.ts'

/** Exit code 3 when something is not as it was written. */
export async function verifyAudit(args: readonly string[], audit: Audit): Promise<number> {
  const { checkpoint } = readOptions(args, { checkpoint: { type: 'string' } }).values
  const verdict = await audit.verify(checkpoint)
  console.log(sentenceOf(verdict))
  return verdict.kind === 'whole' ? exitCodes.done : exitCodes.incomplete
}

export async function showCheckpoint(args: readonly string[], audit: Audit): Promise<number> {
  readOptions(args, {})
  const jws = await audit.checkpoint()
  console.log(jws ?? 'There is no event in the chain yet: a running service puts them there.')
  return jws === undefined ? exitCodes.incomplete : exitCodes.done
}

function sentenceOf(verdict: AuditVerdict): string {
  if (verdict.kind === 'not-a-checkpoint') return 'The given checkpoint was not signed by this service.'
  if (verdict.kind === 'checkpoint-forged')
    return `The checkpoint of event ${verdict.sequence} was not signed by this service.`
  if (verdict.kind === 'broken') return brokenText(verdict)
  const { end, checkpoints } = verdict
  return `All ${end.sequence} events are as they were written; ${checkpoints} checkpoints agree.`
}

function brokenText({ sequence, fault, eventId }: Extract<AuditVerdict, { kind: 'broken' }>): string {
  if (fault === 'missing') return `Event ${sequence} is missing. Those before it are as they were written.`
  if (fault === 'changed')
    return `Event ${sequence} (${eventId}) is not what was written there. Those before it are as they were written.`
  return `Event ${sequence} (${eventId}) is not what was signed there: the chain was made anew up to it.`
}

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
  const { anew } = readOptions(args, { anew: { type: 'boolean' } }).values
  const jws = await audit.checkpoint(anew)
  console.log(jws ?? 'There is no event in the chain yet: a running service puts them there.')
  return jws === undefined ? exitCodes.incomplete : exitCodes.done
}

function sentenceOf(verdict: AuditVerdict): string {
  const { removed } = verdict
  return [removed && removedText(removed), foundText(verdict)].filter(Boolean).join('\n')
}

function removedText({ sequence, removedAt }: NonNullable<AuditVerdict['removed']>): string {
  const day = new Date(removedAt).toISOString().slice(0, 10)
  return `Events 1 to ${sequence} were removed because they were old, the last of them on ${day}; that is signed.`
}

function foundText(verdict: AuditVerdict): string {
  switch (verdict.kind) {
    case 'not-a-checkpoint':
      return 'The given checkpoint was not signed by this service.'
    case 'checkpoint-outlived':
      return `The given checkpoint is of event ${verdict.sequence}, which was removed: nothing is left to hold it against.`
    case 'checkpoint-forged':
      return `The checkpoint of event ${verdict.sequence} was not signed by this service.`
    case 'checkpoint-missing':
      return `Checkpoints are missing from event ${verdict.sequence} on: they were removed, or nobody signed. The events that are there fit together.`
    case 'retention-forged':
      return `That the events up to ${verdict.sequence} were removed because they were old was not signed by this service.`
    case 'broken':
      return brokenText(verdict)
    case 'whole':
      return wholeText(verdict)
  }
}

function wholeText({ end, checkpoints, removed }: Extract<AuditVerdict, { kind: 'whole' }>): string {
  const count = end.sequence - (removed?.sequence ?? 0)
  return `All ${removed ? `other ${count}` : count} events are as they were written; ${checkpoints} checkpoints agree.`
}

function brokenText({ sequence, fault, eventId }: Extract<AuditVerdict, { kind: 'broken' }>): string {
  if (fault === 'missing') return `Event ${sequence} is missing. Those before it are as they were written.`
  const named = eventId === undefined ? `Event ${sequence}` : `Event ${sequence} (${eventId})`
  if (fault === 'changed') return `${named} is not what was written there. Those before it are as they were written.`
  return `${named} is not what was signed there: the chain was made anew up to it.`
}

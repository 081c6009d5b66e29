/** Addresses that exist but do not take the method: 405 with `Allow` (RFC 9110 §15.5.6); all others: 404. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refused } from '../platform/refusal.ts'
import { sendProblem } from './problems.ts'
import type { NoteRefusal } from './summary-log.ts'

type Answer = (request: FastifyRequest, reply: FastifyReply, allow: readonly string[]) => FastifyReply

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How this address says that it does not take a method; default: a problem. */
    methodNotAllowed?: Answer
  }
}

export function registerMethods(app: FastifyInstance, noteRefusal: NoteRefusal): void {
  const known = new Map<string, { methods: Set<string>; answer: Answer }>()
  app.addHook('onRoute', ({ url, method, config }) => {
    const entry = known.get(url) ?? { methods: new Set(), answer: config?.methodNotAllowed ?? answerProblem }
    for (const one of [method].flat()) entry.methods.add(one)
    known.set(url, entry)
  })
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?', 1)
    const entry = known.get(path)
    noteRefusal(request, reply, entry ? 'method-not-allowed' : 'not-found')
    if (!entry) return sendProblem(request, reply, refused('not-found'))
    const allow = [...entry.methods]
    return entry.answer(request, reply.header('allow', allow.join(', ')), allow)
  })
}

const answerProblem: Answer = (request, reply) => sendProblem(request, reply, refused('method-not-allowed'))

/** One HTTP request without a kept connection, for preparing a run; never part of what is measured. */
import { request } from 'node:http'

export type Question = { method: 'GET' | 'POST'; path: string; body?: string }
export type Answer = { status: number; body: string }

export function ask(address: string, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const asked = request(new URL(question.path, address), { method: question.method, headers, agent: false })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('error', reject)
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
      )
    })
    asked.end(question.body)
  })
}

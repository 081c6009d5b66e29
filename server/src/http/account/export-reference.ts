/** What the route of the copy says about itself. */
import { problemAnswer, type RouteReference } from '../route-reference.ts'
import { changeRefusals } from './factor-refusals.ts'

export const exportReference: RouteReference = {
  kind: 'operation',
  id: 'exportAccount',
  group: 'Account',
  summary: 'Take a copy of all that is kept about me',
  description:
    'An archive of JSON files: `profile`, `addresses`, `codes` (that were mailed), `credentials` (no secrets and no hashes), `roles`, `sessions`, `events`; and a ' +
    '`README.txt` that says what each is, and what is kept and not in it. The owner is told by mail (GDPR articles 15 and 20).',
  bearer: true,
  answers: {
    200: {
      description: 'The archive. One that breaks off is none.',
      mediaType: 'application/zip',
      schema: { type: 'string', format: 'binary' },
      headers: { 'Content-Disposition': '`attachment`, with a name for the file.' },
    },
    ...changeRefusals,
    429: problemAnswer('Copies were taken just before.', 'too-many-requests'),
  },
}

/** Tabs that stop: no timers, no messages, no answers, until they are let go on. */
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { eventually } from './eventually.ts'
import type { Site } from './site.ts'

/** Lets a frozen tab go on. */
export type Thaw = () => Promise<void>

/** Stops the tab now. */
export async function freeze(context: BrowserContext, tab: Page): Promise<Thaw> {
  const inspector = await inspect(context, tab)
  await inspector.send('Debugger.pause')
  return () => resume(inspector)
}

/**
 * Where a tab stops by itself, once.
 *
 * - `turn`: it was given the Web Lock, and has done nothing yet.
 * - `claim`: the database has answered that this tab may show the refresh token, and it has not heard that yet.
 */
export type Moment = 'turn' | 'claim'

/**
 * Stops the whole process of the tab when it comes to that moment, as a machine that is short of memory does: what other
 * processes send it is not even received. `isFrozen` resolves then.
 */
export async function freezeAt(
  site: Site,
  tab: Page,
  moment: Moment,
): Promise<{ isFrozen: Promise<void>; thaw: Thaw }> {
  await tab.evaluate(moment === 'turn' ? stopAtTurn : stopAtClaim)
  return {
    isFrozen: eventually(`the tab stops at its ${moment}`, () => site.stalled.length > 0),
    async thaw() {
      for (const response of site.stalled.splice(0)) response.end()
    },
  }
}

async function inspect(context: BrowserContext, tab: Page): Promise<CDPSession> {
  const inspector = await context.newCDPSession(tab)
  await inspector.send('Debugger.enable')
  return inspector
}

async function resume(inspector: CDPSession): Promise<void> {
  await inspector.send('Debugger.resume')
  await inspector.detach()
}

/** Runs in the page. */
function stopAtTurn(): void {
  type Question = { open(method: string, address: string, isAsync: boolean): void; send(): void }
  const { XMLHttpRequest } = globalThis as unknown as { XMLHttpRequest: new () => Question }
  type Request = (name: string, options: object, work: () => unknown) => unknown
  const { prototype } = (globalThis as unknown as { LockManager: { prototype: { request: Request } } }).LockManager
  const { request } = prototype
  prototype.request = function (name, options, work) {
    prototype.request = request
    return request.call(this, name, options, () => {
      const question = new XMLHttpRequest()
      question.open('GET', '/stall', false) // false: the tab waits for the answer, and does nothing else
      question.send()
      return work()
    })
  }
}

/** Runs in the page. */
function stopAtClaim(): void {
  type Question = { open(method: string, address: string, isAsync: boolean): void; send(): void }
  const { XMLHttpRequest } = globalThis as unknown as { XMLHttpRequest: new () => Question }
  type Transaction = { readonly mode: string }
  const { IDBTransaction } = globalThis as unknown as { IDBTransaction: { prototype: Transaction } }
  const { prototype } = IDBTransaction
  const listener = Object.getOwnPropertyDescriptor(prototype, 'oncomplete') as PropertyDescriptor
  Object.defineProperty(prototype, 'oncomplete', {
    ...listener,
    set(this: Transaction, listen: (event: unknown) => void) {
      if (this.mode !== 'readwrite') return listener.set?.call(this, listen)
      Object.defineProperty(prototype, 'oncomplete', listener)
      listener.set?.call(this, (event: unknown) => {
        const question = new XMLHttpRequest()
        question.open('GET', '/stall', false)
        question.send()
        listen(event)
      })
    },
  })
}

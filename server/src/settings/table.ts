/** The table of every setting, by subject: the reference page is made from it (docs/reference/config.md). */
import { databaseSettings } from './database.ts'
import { eventSettings } from './events.ts'
import { limitSettings } from './limits.ts'
import { passwordSettings } from './passwords.ts'
import { relyingPartySettings } from './relying-party.ts'
import { serviceSettings } from './service.ts'
import { tokenSettings } from './tokens.ts'

export const settings = {
  ...serviceSettings,
  ...databaseSettings,
  ...tokenSettings,
  ...passwordSettings,
  ...relyingPartySettings,
  ...limitSettings,
  ...eventSettings,
} as const

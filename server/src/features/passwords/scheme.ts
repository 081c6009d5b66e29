/** Password hashing schemes: everything about a hash but its salt and digest. Ours, those of Django, and those of other servers. */
import { argon2Recipe, MAX_ARGON2_KIB, MAX_ARGON2_KIB_PASSES } from './argon2-recipe.ts'
import { djangoBcryptRecipe, foreignBcryptRecipe } from './bcrypt-recipe.ts'
import { djangoPbkdf2Recipe, foreignPbkdf2Recipe } from './pbkdf2-recipe.ts'
import type { ReadRecipe, Recipe } from './recipe.ts'
import { djangoScryptRecipe, firebaseScryptRecipe, foreignScryptRecipe } from './scrypt-recipe.ts'
import { sshaRecipe } from './ssha-recipe.ts'

export type Scheme = Recipe & {
  /** Algorithm and parameters: `argon2id$v=19$m=19456,t=2,p=1`, `pbkdf2_sha256$600000`. */
  name: string
}

export type Argon2Parameters = { memoryKib: number; passes: number; parallelism: number }

/**
 * One row per family of names; its groups are what the recipe is made from. Each recipe bounds what a hash of its kind may cost, to
 * about 3 s and 512 MiB, ten times Django's defaults: one row of a file that we do not control must not stop everybody's logins.
 */
const families: readonly [RegExp, ReadRecipe][] = [
  [/^(argon2id|argon2\$argon2(?:id|i|d))\$v=19\$m=([1-9]\d*),t=([1-9]\d*),p=([1-9]\d*)$/, argon2Recipe],
  [/^pbkdf2_(sha256|sha1)\$([1-9]\d*)$/, djangoPbkdf2Recipe],
  [/^pbkdf2-(sha512|sha256|sha1)\$i=([1-9]\d*),l=([1-9]\d*)$/, foreignPbkdf2Recipe],
  [/^bcrypt(_sha256)?\$(\d\d)$/, djangoBcryptRecipe],
  [/^2[aby]\$(\d\d)$/, foreignBcryptRecipe],
  [/^scrypt\$([1-9]\d*)\$([1-9]\d*)\$([1-9]\d*)$/, djangoScryptRecipe],
  [/^scrypt\$ln=([1-9]\d?),r=([1-9]\d*),p=([1-9]\d*)$/, foreignScryptRecipe],
  [/^firebase-scrypt\$ln=([1-9]\d?),r=([1-9]\d*),p=([1-9]\d*)$/, firebaseScryptRecipe],
  [/^ssha(1|256|512)$/, sshaRecipe],
]

/** The scheme of that name; undefined when we do not know it or it costs too much. */
export function findScheme(name: string): Scheme | undefined {
  for (const [pattern, recipeOf] of families) {
    const [, ...parameters] = pattern.exec(name) ?? []
    const recipe = parameters.length > 0 ? recipeOf(...parameters) : undefined
    if (recipe) return { name, ...recipe }
  }
  return undefined
}

/** What we hash new passwords with. @throws TypeError when the parameters are out of bounds (RFC 9106 §3.1, and ours) */
export function ownScheme({ memoryKib, passes, parallelism }: Argon2Parameters): Scheme {
  const scheme = findScheme(`argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}`)
  if (!scheme) {
    throw new TypeError(
      `Argon2 parameters must be whole numbers with memory of 8 KiB per lane to ${MAX_ARGON2_KIB} KiB and memory × passes up to ${MAX_ARGON2_KIB_PASSES} KiB`,
    )
  }
  return scheme
}

/**
 * The test vectors of WebAuthn Level 3 (§16, "Test Vectors"): RP ID `example.org`, origin `https://example.org`. Some of them
 * have no verified user, so these say whether one is asked for; the service always asks.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import { verifyAssertion } from './verify-assertion.ts'
import { ALGORITHMS, verifyRegistration } from './verify-registration.ts'

const relyingParty = { id: 'example.org', name: 'Example', origins: ['https://example.org'] } as const

type Vector = {
  isVerified: { registration: boolean; assertion: boolean }
  isBackupEligible: boolean
  isBackedUp: boolean
  aaguid: string
  credentialId: string
  registration: { challenge: string; clientDataJSON: string; attestationObject: string }
  assertion: { challenge: string; clientDataJSON: string; authenticatorData: string; signature: string }
}

const vectors: Readonly<Record<string, Vector>> = {
  'none.ES256': {
    isVerified: { registration: false, assertion: false },
    isBackupEligible: true,
    isBackedUp: true,
    aaguid: '8446ccb9-ab1d-b374-750b-2367ff6f3a1f',
    credentialId: 'f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4',
    registration: {
      challenge: '00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130',
      clientDataJSON:
        '7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d',
      attestationObject:
        'a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220',
    },
    assertion: {
      challenge: '39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408',
      clientDataJSON:
        '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d',
      authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000',
      signature:
        '3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87',
    },
  },
  'packed-self.ES256': {
    isVerified: { registration: true, assertion: false },
    isBackupEligible: true,
    isBackedUp: true,
    aaguid: 'df850e09-db6a-fbdf-ab51-697791506cfc',
    credentialId: '455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c',
    registration: {
      challenge: '7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5',
      clientDataJSON:
        '7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c55745936366b336a506a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205539685458764b453255526b4d6e625f307859485667227d',
      attestationObject:
        'a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2',
    },
    assertion: {
      challenge: '4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b',
      clientDataJSON:
        '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e493352594d45314f7731476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a206754623533727a36456853576f6d58477a696d433151227d',
      authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000',
      signature:
        '304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66',
    },
  },
}

/** Of a page within a frame of another origin: right in all else, and its user verified. */
const crossOrigin: Pick<Vector, 'credentialId' | 'registration' | 'assertion'> = {
  credentialId: '6e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57',
  registration: {
    challenge: '3be5aacd03537142472340ab5969f240f1d87716e20b6807ac230655fa4b3b49',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a224f2d57717a514e5463554a484930437257576e7951504859647862694332674872434d475666704c4f306b222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a207a5a7175457444523944577170573574425754467567227d',
    attestationObject:
      'a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54500000000883f4f6014f19c09d87aa38123be48d000206e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d225820cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e',
  },
  assertion: {
    challenge: '876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226832716c463771445f65356c5f505f62796b7945377135645650674547685f49584a6b655737736e4d5463222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a2039327063545644304162792d713464746d6a36656667227d',
    authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000',
    signature:
      '3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf',
  },
}

/** With an attestation certificate, and an RSA key: the product of the Mersenne primes of 1279 and 2203 bits. */
const modulus = ((2n ** 1279n - 1n) * (2n ** 2203n - 1n)).toString(16).padStart(872, '0')
const rsaKey = `a4010303390100205901b4${modulus}2143010001`
const packedRs256: Pick<Vector, 'credentialId' | 'registration' | 'assertion'> = {
  credentialId: '992a18acc83f67533600c1138a4b4c4bd236de13629cf025ed17cb00b00b74df',
  registration: {
    challenge: 'bea8f0770009bd57f2c0df6fea9f743a27e4b61bbe923c862c7aad7a9fc8e4a6',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2276716a776477414a76566679774e3976367039304f69666b7468752d6b6a79474c48717465705f49354b59222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d',
    attestationObject:
      'a363666d74667061636b65646761747453746d74a363616c672663736967584730450221008b8c5c6ea8c142c032e0be69e1353d44461c5c9109941cdda951b976eb95b6b302204d52f406c19e254b3ff9589bd18070fb055ac8db12fdd0a6734bea9d7168e900637835638159022630820222308201c7a00302010202101f6fb7a5ece81b45896b983a995da5f3300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004b7b36b7542a11120b443c794d0c99fdc25a06b76586413d81e086163ef6fe147a557afc34e2861d9057d6d465d4705a0310550bdeeb5f35ee35b9425ab859981a360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e04160414fb37b647bccfb9e54d989eaaacc1633868703fb3301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d0403020349003046022100b86bc129d92afca7d9869a39f70f139a305b4073a39eb654d81424bed5757d91022100cf9f7c60cab7c4a7d3e7f0020f281a93d4fd0a9f95121b989f56932a68885fba' +
      '68617574684461746159021bbfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000428f8878298b9862a36ad8c7527bfef20020992a18acc83f67533600c1138a4b4c4bd236de13629cf025ed17cb00b00b74df' +
      rsaKey,
  },
  assertion: {
    challenge: '295f59f5fa8fe62c5aca9e27626c78c8da376ae6d8cd2dd29aebad601e1bc4c5',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224b56395a39667150356978617970346e596d7834794e6f33617562597a5333536d75757459423462784d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d',
    authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000',
    signature:
      '01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6',
  },
}

for (const [name, vector] of Object.entries(vectors)) {
  describe(`WebAuthn §16: ${name}`, () => {
    it('registers and asserts as it says', async () => {
      const registered = await register(vector, false)
      const { publicKey, ...rest } = registered ?? {}
      assert.deepEqual(rest, {
        credentialId: textOf(vector.credentialId),
        rpId: 'example.org',
        signatureCount: 0,
        isBackupEligible: vector.isBackupEligible,
        isBackedUp: vector.isBackedUp,
        transports: [],
        aaguid: vector.aaguid,
      })
      assert.ok(await assertWith(vector, String(publicKey), false))
    })

    it('is refused where its user had to be verified and was not', async () => {
      assert.equal((await register(vector, true)) !== undefined, vector.isVerified.registration)
      const { publicKey = '' } = (await register(vector, false)) ?? {}
      assert.equal((await assertWith(vector, publicKey, true)) !== undefined, vector.isVerified.assertion)
    })

    it('is refused with another challenge, for another domain and from another origin', async () => {
      const { publicKey = '' } = (await register(vector, false)) ?? {}
      const others = [
        { relyingParty: { ...relyingParty, id: 'example.com' } },
        { relyingParty: { ...relyingParty, origins: ['https://example.com'] as const } },
        { challenge: textOf('00'.repeat(32)) },
      ]
      for (const other of others) {
        assert.equal(await register(vector, false, other), undefined)
        assert.equal(await assertWith(vector, publicKey, false, other), undefined)
      }
    })

    it('is refused when any byte of what is signed was changed', async () => {
      const { publicKey = '' } = (await register(vector, false)) ?? {}
      for (const member of ['signature', 'authenticatorData', 'clientDataJSON'] as const) {
        const length = vector.assertion[member].length / 2
        for (let place = 0; place < length; place += 3) {
          const assertion = { ...vector.assertion, [member]: flip(vector.assertion[member], place) }
          assert.equal(await assertWith({ ...vector, assertion }, publicKey, false), undefined, `${member} ${place}`)
        }
      }
    })
  })
}

describe('WebAuthn §16: none.ES256.crossOrigin', () => {
  it('is refused, although the library takes it: nobody embeds our pages', async () => {
    const { registrationInfo } = await takenByLibrary(crossOrigin)
    assert.equal(await register(crossOrigin, true), undefined)
    const { challenge, ...response } = crossOrigin.assertion
    const taken = await verifyAuthenticationResponse({
      response: credential(crossOrigin.credentialId, response) as never,
      expectedChallenge: textOf(challenge),
      expectedOrigin: 'https://example.org',
      expectedRPID: 'example.org',
      credential: registrationInfo?.credential as never,
    })
    assert.equal(taken.verified, true)
    const publicKey = Buffer.from(registrationInfo?.credential.publicKey ?? []).toString('base64url')
    assert.equal(await assertWith(crossOrigin, publicKey, true), undefined)
  })
})

describe('WebAuthn §16: packed.RS256', () => {
  it('is refused for its certificate, although the library takes it: nobody asked for an attestation', async () => {
    await takenByLibrary(packedRs256)
    assert.equal(await register(packedRs256, false), undefined)
  })

  it('asserts with its RSA key', async () => {
    assert.ok(await assertWith(packedRs256, textOf(rsaKey), false))
    assert.equal(await assertWith(packedRs256, textOf(rsaKey), true), undefined)
  })
})

type Other = { relyingParty?: Parameters<typeof verifyAssertion>[0]['relyingParty']; challenge?: string }

function register(
  vector: Pick<Vector, 'credentialId' | 'registration'>,
  requireUserVerification: boolean,
  other?: Other,
) {
  const challenge = textOf(vector.registration.challenge)
  return verifyRegistration({
    response: registrationOf(vector),
    challenge,
    relyingParty,
    requireUserVerification,
    ...other,
  })
}

/** So that a refusal of ours is not one of a mistyped vector. */
async function takenByLibrary(vector: Pick<Vector, 'credentialId' | 'registration'>) {
  const taken = await verifyRegistrationResponse({
    response: registrationOf(vector) as never,
    expectedChallenge: textOf(vector.registration.challenge),
    expectedOrigin: 'https://example.org',
    expectedRPID: 'example.org',
    requireUserVerification: false,
    supportedAlgorithmIDs: [...ALGORITHMS],
  })
  assert.equal(taken.verified, true)
  return taken
}

function registrationOf({ credentialId, registration }: Pick<Vector, 'credentialId' | 'registration'>) {
  const { clientDataJSON, attestationObject } = registration
  return credential(credentialId, { clientDataJSON, attestationObject })
}

function assertWith(
  { credentialId, assertion }: Pick<Vector, 'credentialId' | 'assertion'>,
  publicKey: string,
  requireUserVerification: boolean,
  other?: Other,
) {
  const { challenge, ...response } = assertion
  return verifyAssertion({
    response: credential(credentialId, response),
    challenge: textOf(challenge),
    relyingParty,
    requireUserVerification,
    passkey: { credentialId: textOf(credentialId), publicKey },
    ...other,
  })
}

function credential(id: string, response: Record<string, string>) {
  const encoded = Object.fromEntries(Object.entries(response).map(([name, hex]) => [name, textOf(hex)]))
  return { id: textOf(id), rawId: textOf(id), type: 'public-key', clientExtensionResults: {}, response: encoded }
}

const textOf = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')

function flip(hex: string, place: number): string {
  const bytes = Buffer.from(hex, 'hex')
  bytes[place] = (bytes[place] ?? 0) ^ 1
  return bytes.toString('hex')
}

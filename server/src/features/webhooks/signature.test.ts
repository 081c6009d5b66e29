import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretText, signedHeaders } from './signature.ts'

const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', seconds: 1_614_265_330, body: '{"test": 2432232314}' }

test('the published vector of Standard Webhooks', () => {
  assert.equal(secretText(secret), 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  assert.deepEqual(signedHeaders([secret], message), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('each secret that is valid signs', () => {
  const headers = signedHeaders([Buffer.alloc(32, 1), secret], message)
  const [first, second] = headers['webhook-signature']?.split(' ') ?? []
  assert.match(first ?? '', /^v1,[A-Za-z0-9+/]{43}=$/)
  assert.equal(second, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
})

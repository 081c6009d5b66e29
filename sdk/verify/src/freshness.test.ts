import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFreshness } from './freshness.ts'

/** Our two clocks and the issuer's, in seconds. */
function setScene({ wall = 1000, issuer = 1000 } = {}) {
  const time = { wall, monotonic: 50, issuer }
  const freshness = createFreshness({ now: () => time.wall * 1000, monotonic: () => time.monotonic * 1000 })
  return {
    time,
    pass(seconds: number) {
      for (const clock of ['wall', 'monotonic', 'issuer'] as const) time[clock] += seconds
    },
    /** A page arrives that left the issuer some seconds ago. */
    arrive: (delay = 0) => freshness.observe(time.issuer - delay),
    age: () => Math.round(freshness.ageMs()) / 1000,
  }
}

describe('the age of the feed', () => {
  it('is infinite before the first page', () => {
    assert.equal(setScene().age(), Number.POSITIVE_INFINITY)
  })

  it('begins anew with each page', () => {
    const scene = setScene()
    scene.arrive()
    assert.equal(scene.age(), 0)
    scene.pass(7)
    assert.equal(scene.age(), 7)
    scene.arrive()
    assert.equal(scene.age(), 0)
  })

  it('counts from when a late page was true, not from when it came', () => {
    const scene = setScene()
    scene.arrive()
    scene.pass(20)
    scene.arrive(15)
    assert.equal(scene.age(), 15)
    scene.arrive(18)
    assert.equal(scene.age(), 15, 'a still later one changes nothing')
  })

  it('a page that comes again and again ages', () => {
    const scene = setScene()
    for (let delay = 0; delay < 300; delay += 5) {
      scene.arrive(delay)
      assert.equal(scene.age(), delay)
      scene.pass(5)
    }
  })

  for (const off of [-25, -5, 5, 25, 3600]) {
    it(`is right when the clock of the issuer is ${off} s ahead of ours`, () => {
      const scene = setScene({ issuer: 1000 + off })
      scene.arrive()
      assert.equal(scene.age(), 0)
      scene.pass(10)
      scene.arrive(4)
      assert.equal(scene.age(), 4)
    })
  }

  it('a first page that is much older than our wall clock is old', () => {
    const scene = setScene()
    scene.arrive(100)
    assert.equal(scene.age(), 70)
  })

  it('our wall clock set back makes it no younger', () => {
    const scene = setScene()
    scene.arrive()
    scene.pass(10)
    scene.time.wall -= 500
    assert.equal(scene.age(), 10)
    scene.arrive(8)
    assert.equal(scene.age(), 8)
  })

  it('a machine that slept knows that time has passed', () => {
    const scene = setScene()
    scene.arrive()
    scene.time.wall += 3600
    scene.time.issuer += 3600
    assert.equal(scene.age(), 3600)
    scene.arrive(3600) // was in the socket before it fell asleep
    assert.ok(scene.age() > 3500)
    scene.arrive()
    assert.equal(scene.age(), 0)
  })

  it('an issuer whose clock is set back is believed again after two minutes', () => {
    const scene = setScene()
    scene.arrive()
    scene.time.issuer -= 20
    const ages: number[] = []
    for (let n = 0; n < 70; n++) {
      scene.pass(2)
      scene.arrive()
      ages.push(scene.age())
    }
    assert.equal(ages[0], 2)
    assert.equal(Math.max(...ages), 20)
    assert.equal(ages.at(-1), 0)
  })
})

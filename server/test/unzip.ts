/** Reads a ZIP archive (PKWARE APPNOTE §4.3) as strictly as a test may: what is cut off or does not fit its checksum is refused. */
import assert from 'node:assert/strict'
import { crc32, inflateRawSync } from 'node:zlib'

const END = 0x06054b50
const ENTRY = 0x02014b50
const END_BYTES = 22

/** The files by their names. @throws AssertionError where it is no whole archive */
export function unzip(archive: Buffer): Map<string, string> {
  const end = archive.length - END_BYTES // without a comment
  assert.ok(end >= 0 && archive.readUInt32LE(end) === END, 'an archive ends with its directory')
  const files = new Map<string, string>()
  let at = archive.readUInt32LE(end + 16)
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    assert.equal(archive.readUInt32LE(at), ENTRY)
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset))
    const name = archive.toString('utf8', at + 46, at + 46 + Number(nameBytes))
    files.set(name, contentOf(archive, at))
    at += 46 + Number(nameBytes) + Number(extraBytes) + Number(commentBytes)
  }
  return files
}

function contentOf(archive: Buffer, entry: number): string {
  const [method, crc, size, start] = [
    archive.readUInt16LE(entry + 10),
    archive.readUInt32LE(entry + 16),
    archive.readUInt32LE(entry + 20),
    archive.readUInt32LE(entry + 42),
  ]
  const from = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28)
  const packed = archive.subarray(from, from + size)
  const content = method === 0 ? packed : inflateRawSync(packed)
  assert.equal(crc32(content), crc)
  return content.toString()
}

import { Readable } from 'node:stream'

/** A file of an archive: as a text, or in pieces that are asked for when the ones before have been sent. */
export type ZipEntry = { name: string; content: string | AsyncIterable<string> }

/**
 * A ZIP archive as a stream. Whoever reads slowly is read for slowly; where a piece fails, the stream does, and what has been sent is
 * no archive.
 *
 * @param at what the files are dated
 */
export async function zipOf(entries: readonly ZipEntry[], at: Date): Promise<Readable> {
  const { ZipFile } = await import('yazl')
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  const fail = (error: Error) => void output.destroy(error)
  zip.on('error', fail)
  for (const { name, content } of entries) {
    if (typeof content === 'string') zip.addBuffer(Buffer.from(content), name, { mtime: at })
    else
      zip.addReadStreamLazy(name, { mtime: at }, (give) => {
        // yazl 3.3 does not listen for what its sources fail with.
        give(null, Readable.from(content, { objectMode: false }).on('error', fail))
      })
  }
  zip.end()
  return output
}

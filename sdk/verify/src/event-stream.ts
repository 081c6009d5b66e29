/** Server-sent events (HTML Living Standard §9.2.6), as much of them as the revocation feed needs: the data of each event. */

/**
 * The data of each event, as soon as it is complete.
 *
 * @throws Error when an event is longer than `maxCharacters`
 */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>, maxCharacters: number): AsyncGenerator<string> {
  let data: string[] = []
  let length = 0
  for await (const line of readLines(chunks, maxCharacters)) {
    if (line === '') {
      if (data.length > 0) yield data.join('\n')
      data = []
      length = 0
    } else if (line === 'data' || line.startsWith('data:')) {
      const value = line.slice('data:'.length)
      data.push(value.startsWith(' ') ? value.slice(1) : value)
      length += line.length
      if (length > maxCharacters) throw new Error(`an event is longer than ${maxCharacters} characters`)
    }
  }
}

async function* readLines(chunks: AsyncIterable<Uint8Array>, maxCharacters: number): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let begun = ''
  let endedWithReturn = false
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true })
    if (text === '') continue
    // A line end of two characters may come in two chunks.
    const lines = (endedWithReturn && text.startsWith('\n') ? text.slice(1) : text).split(/\r\n|\n|\r/)
    endedWithReturn = text.endsWith('\r')
    lines[0] = begun + lines[0]
    begun = lines.pop() ?? ''
    if (begun.length > maxCharacters) throw new Error(`a line is longer than ${maxCharacters} characters`)
    yield* lines
  }
}

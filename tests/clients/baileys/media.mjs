// Media in and out, and the one host name Baileys does not let a caller configure.
import { downloadMediaMessage } from 'baileys'

/**
 * App-state snapshots and history blobs always come from `mmg.whatsapp.net`; send those requests to the
 * simulated media host instead. Must run before the first socket is made.
 */
export function redirectMediaHost(host) {
  const realFetch = globalThis.fetch
  globalThis.fetch = (url, options) => realFetch(String(url).replace('https://mmg.whatsapp.net', `https://${host}`), options)
}

const MEDIA_KINDS = ['image', 'video', 'audio', 'document', 'sticker']

/** Baileys' message content from a command: base64 fields become buffers. `voice` is audio with `ptt`. */
export function contentFromJson(content) {
  if (content.voice) {
    return { audio: Buffer.from(content.voice, 'base64'), ptt: true, seconds: 1, mimetype: content.mimetype ?? 'audio/ogg; codecs=opus' }
  }
  for (const kind of MEDIA_KINDS) {
    // A ready-made thumbnail: the libraries that would draw one are optional and absent here.
    if (content[kind]) return { ...content, [kind]: Buffer.from(content[kind], 'base64'), ...(kind === 'image' || kind === 'video' ? { jpegThumbnail: '' } : {}) }
  }
  return content
}

/** Fetches, verifies and decrypts the media of a received message. */
export async function download(message) {
  const bytes = await downloadMediaMessage(message, 'buffer', {})
  return { base64: bytes.toString('base64') }
}

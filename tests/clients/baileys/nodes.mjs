// Protocol stanzas as JSON: `{tag, attrs, content}` where bytes are `{base64}`.

export function nodeToJson({ tag, attrs, content }) {
  return { tag, attrs: Object.fromEntries(Object.entries(attrs ?? {}).map(([k, v]) => [k, String(v)])), content: contentToJson(content) }
}

function contentToJson(content) {
  if (content == null) return null
  if (Array.isArray(content)) return content.map(nodeToJson)
  if (typeof content === 'string') return content
  return { base64: Buffer.from(content).toString('base64') }
}

export function nodeFromJson({ tag, attrs = {}, content }) {
  if (Array.isArray(content)) return { tag, attrs, content: content.map(nodeFromJson) }
  if (content?.base64 != null) return { tag, attrs, content: Buffer.from(content.base64, 'base64') }
  return { tag, attrs, content: content ?? undefined }
}

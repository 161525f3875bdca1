// A customer of 7aduta whose program uses wasenderapi 0.4.0, WasenderAPI's library, as it is. It makes its session itself, and asks for
// events by WasenderAPI's names; the library checks what it is told with `handleWebhookEvent`.

import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { createWasender } from 'wasenderapi'

const EVENTS = ['messages.received', 'messages.upsert', 'message.sent', 'session.status', 'qrcode.updated']

const say = line => process.stdout.write(`${JSON.stringify(line)}\n`)

const program = { url: '', token: '', session: '', client: undefined }

/** The library with what the customer knows so far. */
const library = (key, secret) =>
  createWasender(key, program.token, `${program.url}/api`, undefined, undefined, secret)

const heard = async (headers, body) => {
  const adapter = text => ({ getHeader: name => headers[name], getRawBody: () => text })
  const told = await program.client.handleWebhookEvent(adapter(body))
  const forger = library('unused', 'another-secret')
  const forged = await forger.handleWebhookEvent(adapter(body)).then(() => true, () => false)
  return { kind: told.event, verified: true, forged, data: told.data }
}

const listen = () => {
  const server = createServer((request, response) => {
    const parts = []
    request.on('data', part => parts.push(part))
    request.on('end', async () => {
      const body = Buffer.concat(parts).toString()
      try {
        say({ event: 'webhook', ...(await heard(request.headers, body)) })
      } catch (error) {
        say({ event: 'failure', during: `a webhook: ${body}`, message: String(error) })
      }
      response.writeHead(200).end()
    })
  })
  return new Promise(done => server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}/webhook`)))
}

const commands = {
  async open({ url, key, instance }) {
    Object.assign(program, { url, token: key })
    program.client = library()
  },
  async instances() {
    const { response } = await program.client.getAllWhatsAppSessions()
    return response.data.map(session => String(session.id))
  },
  async webhook() {
    const url = await listen()
    const payload = {
      name: 'Front desk', phone_number: '+5511900000001', account_protection: false, log_messages: true,
      webhook_url: url, webhook_enabled: true, webhook_events: EVENTS
    }
    const { response } = await program.client.createWhatsAppSession(payload)
    const session = response.data
    program.session = session.id
    program.client = library(session.api_key, session.webhook_secret)
    const details = await program.client.getWhatsAppSessionDetails(session.id)
    return { session: session.id, key: session.api_key, webhook_url: details.response.data.webhook_url }
  },
  async qr() {
    const { response } = await program.client.connectWhatsAppSession(program.session)
    if (response.data.status !== 'NEED_SCAN') throw new Error(JSON.stringify(response))
    const again = await program.client.getWhatsAppSessionQRCode(program.session)
    return again.response.data.qrCode
  },
  async status() {
    const { response } = await program.client.getSessionStatus()
    const connected = response.status === 'connected'
    return { connected, linked: connected }
  },
  async text({ to, text }) {
    const { response } = await program.client.sendText({ to, text })
    return response.data.messageId
  },
  async image({ to, url, caption }) {
    const { response } = await program.client.sendImage({ to, imageUrl: url, text: caption })
    return response.data.messageId
  },
  async group({ group }) {
    const { response } = await program.client.getGroupMetadata(group)
    const participants = await program.client.getGroupParticipants(group)
    const listed = await program.client.getGroups()
    return {
      id: response.data.id,
      name: response.data.subject,
      people: participants.response.data.map(person => person.id),
      listed: listed.response.data.map(one => one.id)
    }
  },
  async refused({ to }) {
    try {
      await program.client.sendText({ to, text: '' })
    } catch (error) {
      return { status: error.statusCode, detail: error.apiMessage }
    }
    throw new Error('it was sent')
  }
}

say({ event: 'hello', client: 'wasenderapi 0.4.0', pid: process.pid })
for await (const line of createInterface({ input: process.stdin })) {
  const { id, command, ...given } = JSON.parse(line)
  try {
    say({ id, ok: (await commands[command](given)) ?? null })
  } catch (error) {
    say({ id, error: { message: `${error.stack}`, status: error.statusCode } })
  }
}

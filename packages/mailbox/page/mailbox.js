const element = (id) => document.getElementById(id)
let shown
let lastDrawn

async function readJson(path) {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return response.json()
}

async function show(number) {
  shown = number
  const mail = await readJson(`mails/${number}`)
  element('subject').textContent = mail.subject
  const about = { From: mail.from, To: mail.to.join(', '), At: mail.receivedAt, 'Message-ID': mail.messageId }
  element('about').replaceChildren(
    ...Object.entries(about).flatMap(([name, value]) => {
      const term = document.createElement('dt')
      const text = document.createElement('dd')
      term.textContent = name
      text.textContent = value
      return [term, text]
    }),
  )
  element('html').src = `mails/${number}/html`
  element('text').textContent = mail.text
  element('mail').hidden = false
  await refresh()
}

function line(mail) {
  const item = document.createElement('li')
  const button = document.createElement('button')
  const about = document.createElement('span')
  button.textContent = mail.subject
  about.textContent = `${mail.to.join(', ')} · ${new Date(mail.receivedAt).toLocaleTimeString()}`
  button.append(about)
  button.setAttribute('aria-current', String(mail.number === shown))
  button.addEventListener('click', () => void show(mail.number))
  item.append(button)
  return item
}

async function refresh() {
  try {
    const to = element('to').value.trim()
    const mails = await readJson(to === '' ? 'mails' : `mails?to=${encodeURIComponent(to)}`)
    element('state').textContent = mails.length === 0 ? 'No mail yet' : `${mails.length} mails`
    // Drawn anew only where it differs, so that it keeps the focus.
    const drawn = JSON.stringify([mails, shown])
    if (drawn !== lastDrawn) element('mails').replaceChildren(...mails.map(line))
    lastDrawn = drawn
  } catch {
    element('state').textContent = 'The mailbox does not answer; trying again'
  }
}

element('to').addEventListener('input', () => void refresh())
setInterval(() => void refresh(), 2_000)
void refresh()

// Everything is addressed relative to this page, so that the notebook works
// under an origin of its own and under a path alike.
const $ = (id) => document.getElementById(id)
const here = (path) => new URL(path, document.baseURI)

const socketAddress = () => {
  const address = here('ws')
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  return address
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

// Cells. The socket answers in order, so the oldest waiting cell gets the next message.
const waiting = []
const earlier = []
let recall = 0
let shown = 0
let socket = null
let pause = 500

function line(kind, mark, text) {
  return element('div', { className: kind }, element('span', { className: 'mark', textContent: mark }), element('pre', { textContent: text }))
}

function addCell(source) {
  const number = ++shown
  const cell = element('li', {}, line('in', `In [${number}]`, source))
  $('cells').append(cell)
  $('empty').hidden = true
  return (text, failed) => {
    const out = line('out', failed ? '' : `Out [${number}]`, text)
    out.classList.toggle('error', failed)
    cell.append(out)
    cell.scrollIntoView({ block: 'nearest' })
  }
}

function run(source) {
  if (!source.trim() || socket?.readyState !== WebSocket.OPEN) return
  waiting.push(addCell(source))
  earlier.push(source)
  recall = earlier.length
  socket.send(source)
}

function setSocketState(text, state) {
  $('socket-state').textContent = text
  $('socket-dot').className = `dot ${state}`
  document.querySelector('.composer .primary').disabled = state !== 'on'
}

function connect() {
  setSocketState('connecting', '')
  socket = new WebSocket(socketAddress())
  socket.onopen = () => { pause = 500; setSocketState('ready', 'on') }
  socket.onmessage = ({ data }) => {
    const failed = data.startsWith('error: ')
    waiting.shift()?.(failed ? data.slice(7) : data, failed)
  }
  socket.onclose = ({ code }) => {
    for (const answer of waiting.splice(0)) answer('The connection was lost before the answer came.', true)
    setSocketState(code === 4001 ? 'closed (4001), again soon' : 'disconnected, trying again', 'off')
    setTimeout(connect, pause)
    pause = Math.min(pause * 2, 10000)
  }
}

async function showHistory() {
  const response = await fetch(here('history'))
  if (!response.ok) return
  for (const cell of await response.json()) {
    shown = cell.number - 1
    addCell(cell.source)(cell.error || cell.output, Boolean(cell.error))
    earlier.push(cell.source)
  }
  recall = earlier.length
}

$('composer').addEventListener('submit', (event) => {
  event.preventDefault()
  if (socket?.readyState !== WebSocket.OPEN) return
  run($('source').value)
  $('source').value = ''
})
$('source').addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
  event.preventDefault()
  recall = Math.max(0, Math.min(earlier.length, recall + (event.key === 'ArrowUp' ? -1 : 1)))
  $('source').value = earlier[recall] ?? ''
})
$('samples').addEventListener('click', (event) => {
  if (event.target.tagName === 'BUTTON') run(event.target.textContent)
})

// Clock.
const events = new EventSource(here('sse'))
events.onmessage = ({ data }) => {
  const { time } = JSON.parse(data)
  $('clock').textContent = new Date(time).toLocaleTimeString()
  $('clock').dateTime = time
  $('clock-dot').className = 'dot on'
}
events.onerror = () => { $('clock-dot').className = 'dot off' }

// Files.
function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let step = 0
  while (bytes >= 1024 && step < units.length - 1) { bytes /= 1024; step++ }
  return `${step ? bytes.toFixed(1) : bytes} ${units[step]}`
}

const fileAddress = (name) => here(`files/${encodeURIComponent(name)}`)

async function listFiles() {
  const response = await fetch(here('files/'))
  if (!response.ok) return
  const rows = (await response.json()).map((file) => {
    const remove = element('button', { type: 'button', textContent: '✕', ariaLabel: `Delete ${file.name}` })
    remove.onclick = async () => { await fetch(fileAddress(file.name), { method: 'DELETE' }); listFiles() }
    return element('li', {},
      element('a', { href: fileAddress(file.name), textContent: file.name, download: file.name }),
      element('span', { className: 'quiet small', textContent: size(file.size) }), remove)
  })
  $('files').replaceChildren(...rows)
}

function uploadFailed(words) {
  $('upload-error').textContent = words
  $('upload-error').hidden = !words
}

// fetch tells nothing about the progress of an upload; XMLHttpRequest does.
function upload(files) {
  if (!files.length) return
  uploadFailed('')
  const form = new FormData()
  for (const file of files) form.append('file', file)
  const request = new XMLHttpRequest()
  request.open('POST', here('upload'))
  request.upload.onprogress = ({ loaded, total }) => { $('progress').hidden = false; $('progress').value = loaded / total }
  request.onloadend = () => {
    $('progress').hidden = true
    $('picker').value = ''
    if (request.status !== 200) uploadFailed(request.responseText || 'The upload was interrupted.')
    listFiles()
  }
  request.send(form)
}

$('picker').addEventListener('change', () => upload($('picker').files))
for (const kind of ['dragenter', 'dragover']) {
  $('drop').addEventListener(kind, (event) => { event.preventDefault(); $('drop').classList.add('over') })
}
for (const kind of ['dragleave', 'drop']) {
  $('drop').addEventListener(kind, () => $('drop').classList.remove('over'))
}
$('drop').addEventListener('drop', (event) => { event.preventDefault(); upload(event.dataTransfer.files) })

// Behind the scenes.
function flat(value) {
  if (Array.isArray(value)) return value.join('\n')
  return String(value)
}

function rows(answer) {
  const { headers, received, ...others } = answer
  return Object.entries({ ...others, ...received, ...headers }).map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row', textContent: name }), element('td', { textContent: flat(value) })))
}

for (const details of document.querySelectorAll('details[data-source]')) {
  details.addEventListener('toggle', async () => {
    if (!details.open) return
    const response = await fetch(here(details.dataset.source))
    if (response.ok) details.querySelector('table').replaceChildren(...rows(await response.json()))
  })
}

async function showContainer() {
  const response = await fetch(here('about'))
  if (response.ok) $('container').textContent = (await response.json()).container
}

// Theme: the system's until a person chooses.
const remembered = localStorage.getItem('theme')
if (remembered) document.documentElement.dataset.theme = remembered
$('theme').addEventListener('click', () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === 'light dark'
    ? matchMedia('(prefers-color-scheme: dark)').matches
    : document.documentElement.dataset.theme === 'dark'
  const next = dark ? 'light' : 'dark'
  document.documentElement.dataset.theme = next
  localStorage.setItem('theme', next)
})

await Promise.allSettled([showHistory(), listFiles(), showContainer()])
connect()

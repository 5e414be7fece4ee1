import { DEMO_FANS, DEMO_STAFF } from './accounts.ts'
import type { DemoPerson } from './accounts.ts'
import { MOUNT_PATH } from './config.ts'
import { texts } from './texts.ts'
import type { Language } from './texts.ts'

/** The page on which a person chooses who to be. With `wrong`, the user id that was typed and can't be one. */
export function signInPage(language: Language, action: string, wrong?: string): string {
  const t = texts[language]
  const isWrong = wrong !== undefined
  const described = isWrong ? 'user-error user-hint' : 'user-hint'
  const person = ({ id, name }: DemoPerson): string =>
    `<button name="user" value="${escape(id)}"><strong>${escape(name)}</strong> <span>${escape(id)}</span></button>`
  return page(
    language,
    isWrong ? `${t.error}: ${t.signIn}` : t.signIn,
    `<h1>${t.signIn}</h1>
<p class="note">${t.development}</p>
<form method="post" action="${escape(action)}">
<h2>${t.demoFans}</h2>
${DEMO_FANS.map(person).join('\n')}
<h2>${t.staff}</h2>
${DEMO_STAFF.map(person).join('\n')}
</form>
<form method="post" action="${escape(action)}" novalidate>
<h2>${t.somebodyElse}</h2>
<label for="user">${t.userId}</label>
<p id="user-hint" class="hint">${t.userIdHint}</p>
${isWrong ? `<p id="user-error" class="error" role="alert">${t.userIdWrong}</p>` : ''}
<input id="user" name="user" required autocomplete="username" autocapitalize="none" spellcheck="false" aria-describedby="${described}"${
      isWrong ? ` aria-invalid="true" autofocus value="${escape(wrong.slice(0, 200))}"` : ''
    }>
<button class="primary">${t.continue}</button>
</form>
<form method="post" action="${escape(action)}"><button class="quiet" name="cancel" value="yes">${t.cancel}</button></form>`,
  )
}

/** The page that asks before somebody is signed out; `form` is the provider's own, which the buttons send. */
export function signOutPage(language: Language, form: string): string {
  const t = texts[language]
  return page(
    language,
    t.signOut,
    `<h1>${t.signOutQuestion}</h1>
${form}
<button class="primary" form="op.logoutForm" name="logout" value="yes" autofocus>${t.signOut}</button>
<button form="op.logoutForm">${t.staySignedIn}</button>`,
  )
}

/** The page after a sign-out that came from no page of ours. */
export function signedOutPage(language: Language): string {
  const t = texts[language]
  return page(language, t.signedOut, `<h1>${t.signedOut}</h1>\n${homeLink(language)}`)
}

/** The page for what can't go on. `reason` is for people; `detail` is what a developer looks for. */
export function failurePage(
  language: Language,
  reason: 'expired' | 'unavailable' | 'failed',
  detail?: string,
): string {
  const t = texts[language]
  const said = reason === 'failed' ? '' : `<p>${t[reason]}</p>`
  const code = detail === undefined ? '' : `<p class="hint"><code>${escape(detail)}</code></p>`
  return page(language, t.failed, `<h1>${t.failed}</h1>\n${said}\n${code}\n${homeLink(language)}`)
}

function homeLink(language: Language): string {
  return `<p><a href="/">${texts[language].home}</a></p>`
}

function page(language: Language, title: string, body: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Frontrow</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${MOUNT_PATH}/page.css">
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

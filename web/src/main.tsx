import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { Loading } from './parts/Loading.tsx'
import { watchPresses } from './second-press.ts'
import { finishSignIn, resumeSignIn, SIGNED_IN_PATH } from './sign-in.ts'
import { startWords } from './words.ts'
import './styles.css'

async function show(): Promise<void> {
  watchPresses()
  const isWayBack = window.location.pathname === SIGNED_IN_PATH
  const returning = isWayBack ? finishSignIn() : undefined
  if (isWayBack && window.self !== window.top) return // The frame of a silent sign-in, where nobody looks.
  // The page is drawn meanwhile; what needs a person waits for it.
  if (!isWayBack) void resumeSignIn()
  await startWords()
  const element = document.getElementById('root')
  if (element === null) throw new Error('the page has no #root')
  const root = createRoot(element)
  if (returning !== undefined) {
    root.render(<Loading />)
    window.history.replaceState(null, '', (await returning) ?? '/')
  }
  root.render(<App />)
}

show().catch((error: unknown) => {
  // Without its words the page can say nothing else. Nothing is lost by a reload.
  console.error(error)
  document.body.textContent =
    'This page could not be loaded. Please load it again. · 페이지를 불러오지 못했습니다. 새로 고쳐 주세요.'
})

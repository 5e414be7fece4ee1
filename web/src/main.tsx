import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { finishSignIn, resumeSignIn, SIGNED_IN_PATH } from './sign-in.ts'
import { startWords } from './words.ts'
import './styles.css'

async function show(): Promise<void> {
  if (window.location.pathname === SIGNED_IN_PATH) {
    const returnTo = await finishSignIn()
    if (returnTo === undefined) return
    window.history.replaceState(null, '', returnTo)
  } else {
    // The page is drawn meanwhile; what needs a person waits for it.
    void resumeSignIn()
  }
  await startWords()
  const root = document.getElementById('root')
  if (root !== null) createRoot(root).render(<App />)
}

void show()

import { Suspense } from 'react'
import { Navigate, Route, Routes } from 'react-router'
import { NotFound } from '../pages/NotFound.tsx'
import { Loading } from '../parts/Loading.tsx'
import { PageFailure } from '../parts/PageFailure.tsx'
import { SignedIn } from '../parts/SignedIn.tsx'
import { useWords } from '../use-words.ts'
import { AdminOnly } from './AdminOnly.tsx'
import { ConsoleShell } from './ConsoleShell.tsx'
import { consolePages } from './routes.tsx'

/** The operator's pages, for admins. */
export function Console() {
  const { t } = useWords()
  return (
    <ConsoleShell>
      <PageFailure>
        <SignedIn why={t('console.signInFirst')}>
          {(userId) => (
            <AdminOnly userId={userId}>
              <Suspense fallback={<Loading />}>
                <Routes>
                  <Route index element={<Navigate to="/console/on-sales" replace />} />
                  {consolePages.map(({ path, Page }) => (
                    <Route key={path} path={path} element={<Page />} />
                  ))}
                  <Route path="*" element={<NotFound />} />
                </Routes>
              </Suspense>
            </AdminOnly>
          )}
        </SignedIn>
      </PageFailure>
    </ConsoleShell>
  )
}

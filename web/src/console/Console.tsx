import { Suspense } from 'react'
import { Navigate, Route, Routes } from 'react-router'
import { NotFound } from '../pages/NotFound.tsx'
import { Loading } from '../parts/Loading.tsx'
import { PageFailure } from '../parts/PageFailure.tsx'
import { SignedIn } from '../parts/SignedIn.tsx'
import { useWords } from '../use-words.ts'
import { ConsoleShell } from './ConsoleShell.tsx'
import { consolePages } from './routes.tsx'
import { RoleOnly, StaffOnly } from './StaffOnly.tsx'
import { useMayUse } from './use-roles.ts'

/** The pages of the staff; each role sees its own. */
export function Console() {
  const { t } = useWords()
  return (
    <ConsoleShell>
      <PageFailure>
        <SignedIn why={t('console.signInFirst')}>
          {(userId) => (
            <StaffOnly userId={userId}>
              <Suspense fallback={<Loading />}>
                <Routes>
                  <Route index element={<FirstPage />} />
                  {consolePages.map(({ path, Page, roles }) => (
                    <Route
                      key={path}
                      path={path}
                      element={
                        <RoleOnly needed={roles}>
                          <Page />
                        </RoleOnly>
                      }
                    />
                  ))}
                  <Route path="*" element={<NotFound />} />
                </Routes>
              </Suspense>
            </StaffOnly>
          )}
        </SignedIn>
      </PageFailure>
    </ConsoleShell>
  )
}

function FirstPage() {
  const mayUse = useMayUse()
  const first = consolePages.find(({ roles }) => mayUse(roles))
  return <Navigate to={`/console/${first?.path ?? 'on-sales'}`} replace />
}

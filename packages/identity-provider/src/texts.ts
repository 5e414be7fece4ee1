/** The languages of the pages. */
export type Language = 'en' | 'ko'

/** All that the pages say, in one language. */
interface Texts {
  signIn: string
  development: string
  demoFans: string
  staff: string
  somebodyElse: string
  userId: string
  userIdHint: string
  userIdWrong: string
  continue: string
  cancel: string
  error: string
  signOut: string
  signOutQuestion: string
  staySignedIn: string
  signedOut: string
  failed: string
  expired: string
  unavailable: string
  home: string
}

/** The texts by language. */
export const texts: Readonly<Record<Language, Texts>> = {
  en: {
    signIn: 'Sign in',
    development: 'This sign-in is for development. It asks for no password and lets anybody in as anybody.',
    demoFans: 'Demo fans',
    staff: 'Staff, one for each role',
    somebodyElse: 'Somebody else',
    userId: 'User id',
    userIdHint: '1 to 64 characters. An id that was never used is a new fan.',
    userIdWrong: 'Enter a user id of 1 to 64 characters, without line breaks or other control characters.',
    continue: 'Continue',
    cancel: 'Back without signing in',
    error: 'Error',
    signOut: 'Sign out',
    signOutQuestion: 'Do you want to sign out?',
    staySignedIn: 'Stay signed in',
    signedOut: 'You are signed out.',
    failed: 'Signing in did not work',
    expired: 'This page has expired, or it was opened in another browser. Go back and sign in again.',
    unavailable: 'Signing in is not available right now. Try again in a few seconds.',
    home: 'To the start page',
  },
  ko: {
    signIn: '로그인',
    development: '개발용 로그인입니다. 비밀번호를 묻지 않으며 누구든지 어떤 사용자로도 로그인할 수 있습니다.',
    demoFans: '데모 팬',
    staff: '직원 (역할별 한 명)',
    somebodyElse: '다른 사용자',
    userId: '사용자 ID',
    userIdHint: '1자 이상 64자 이하. 처음 쓰는 ID는 새로운 팬이 됩니다.',
    userIdWrong: '줄바꿈 등 제어 문자가 없는 1자 이상 64자 이하의 사용자 ID를 입력하세요.',
    continue: '계속',
    cancel: '로그인하지 않고 돌아가기',
    error: '오류',
    signOut: '로그아웃',
    signOutQuestion: '로그아웃하시겠습니까?',
    staySignedIn: '로그인 상태 유지',
    signedOut: '로그아웃되었습니다.',
    failed: '로그인하지 못했습니다',
    expired: '페이지가 만료되었거나 다른 브라우저에서 열렸습니다. 돌아가서 다시 로그인하세요.',
    unavailable: '지금은 로그인할 수 없습니다. 몇 초 뒤에 다시 시도하세요.',
    home: '시작 페이지로',
  },
}

/** The language for somebody who wishes for these, the best first, as `ui_locales` and Accept-Language have them. */
export function chooseLanguage(wishes: readonly string[]): Language {
  const known = wishes.map((wish) => /^(en|ko)(?:-|$)/i.exec(wish)?.[1]?.toLowerCase())
  return known.find((language) => language !== undefined) === 'ko' ? 'ko' : 'en'
}

/** Cards of the simulated provider, which development runs with; each does what its name says. */
export const testCards = [
  { token: 'tok_approved', name: 'approved' },
  { token: 'tok_declined', name: 'declined' },
  { token: 'tok_timeout', name: 'timeout' },
  { token: 'tok_flaky', name: 'flaky' },
] as const

import { TestEnvironment } from 'jest-environment-node'

/** Puts what the open pages show below a failure: a wait that ran out says what it waited for, and not what stood there instead. */
export default class BrowserEnvironment extends TestEnvironment {
  async handleTestEvent(event) {
    if (event.name !== 'test_fn_failure') return
    const shown = await this.global.whatPagesShow?.()
    if (shown !== undefined && event.error instanceof this.global.Error) event.error.stack += `\n\n${shown}`
  }
}

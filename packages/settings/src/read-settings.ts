import type { z } from 'zod'
import { keepSecrets } from './kept-secrets.ts'
import { productionProblems } from './production-rules.ts'
import { secretsIn } from './secret-settings.ts'
import { readSettingTexts } from './setting-files.ts'

/**
 * Reads the settings of a process at its edge, once: from variables and from the files that variables name (X_FILE). Where NODE_ENV is
 * production they are held to the rules of production too. Throws one error that names everything that is wrong, and no value.
 * Their secrets are written to no log from then on.
 */
export function readSettings<S extends z.ZodObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): z.output<S> {
  const names = Object.keys(schema.shape)
  const { texts, problems } = readSettingTexts(names, env)
  keepSecrets(secretsIn(names, texts))
  const parsed = schema.safeParse(texts)
  const broken = parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
  const wrong = [...problems, ...broken, ...productionProblems(names, texts)]
  if (parsed.success && wrong.length === 0) return parsed.data
  throw new Error(`the settings are wrong:\n${wrong.map((line) => `  ${line}`).join('\n')}`)
}

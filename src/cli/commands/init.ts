import { defineCommand } from '../command.js'
import { exitCode } from '../exitCode.js'
import { firstProject, projectOf } from '../init/configText.js'
import { findMaterializedViews } from '../init/materializedViews.js'
import { placeOfConfig, writeFiles } from '../init/writeFiles.js'
import { showInitialised } from '../show/initialised.js'

export const initCommand = defineCommand<{ fromDatabase?: boolean }>({
  name: 'init',
  summary: 'write a configuration and a first view',
  description:
    'Writes tidemark.config.ts and a first view in the current directory, or where --config says.\n' +
    'Never overwrites a file.',
  options: [['--from-database', 'write them from the materialized views that are in the database']],
  examples: [
    ['tidemark init', 'an example to begin with'],
    ['tidemark init --from-database -d postgres://localhost/shop', 'names, queries, keys and indexes of what is there'],
  ],
  run: async (session, { options }) => {
    const { directory, configName } = placeOfConfig(session.options.config)
    const found =
      options.fromDatabase === true
        ? await findMaterializedViews(await session.database({ configured: false }))
        : undefined
    const project = found === undefined ? firstProject(configName) : projectOf(found, configName)
    const files = await writeFiles(directory, project)
    session.print({ files }, () => showInitialised(files, found?.length, session.terminal))
    return exitCode.done
  },
})

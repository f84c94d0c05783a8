export { createTestDatabase, type TestDatabase, type TestDatabaseOptions, useTestDatabase } from './database.js'
export { startPrivateServer, testedVersion, usePrivateServer } from './server.js'

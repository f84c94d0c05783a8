export { createTestDatabase, type TestDatabase, useTestDatabase } from './database.js'
export { startPrivateServer, testedVersion, useOwnServer, usePrivateServer } from './server.js'
